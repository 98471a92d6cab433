// The metrics page of two versions of an app, as one server: each scrape finds as many more requests
// as have come since the scrape before, of which a share has failed.
import { createServer } from 'node:http';

export interface TwoVersions {
  readonly port: number;
  stop(): Promise<void>;
}

/** Share of requests that fail, by the hash of the version. */
export type ErrorShares = Readonly<Record<string, number>>;

const REQUESTS_PER_SCRAPE = 100;

export async function startTwoVersions(shares: ErrorShares): Promise<TwoVersions> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes += 1;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(pageAfter(scrapes, shares));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function pageAfter(scrapes: number, shares: ErrorShares): string {
  const total = scrapes * REQUESTS_PER_SCRAPE;
  const lines = Object.entries(shares).flatMap(([hash, share]) => [
    `http_requests_total{hash="${hash}",code="200"} ${total * (1 - share)}`,
    `http_requests_total{hash="${hash}",code="500"} ${total * share}`,
    `idle_requests_total{hash="${hash}"} 0`,
  ]);
  return ['# TYPE http_requests_total counter', ...lines, ''].join('\n');
}
