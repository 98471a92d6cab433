// Reads metrics pages of pods: bounded in time, size and number, no redirects, no proxy. The pages
// are whatever tenants serve, so all of them together must fit into the operator's memory.
import { Agent, get } from 'node:http';
import { createLimiter } from '../lib/limiter.ts';
import type { FetchPage } from './sample-pods.ts';

const TIMEOUT_MS = 1500;
const SIZE_MAX_BYTES = 1024 * 1024;
/** Pages of all releases that are on their way at one time. */
const IN_FLIGHT_MAX = 8;
/** Those that are being closed included. */
const SOCKETS_MAX = 2 * IN_FLIGHT_MAX;

/* Connections are not kept: idle ones to some pods would use up what the others need. */
export function createFetchPage(): { fetchPage: FetchPage; close: () => void } {
  const agent = new Agent({ keepAlive: false, maxTotalSockets: SOCKETS_MAX });
  const limited = createLimiter(IN_FLIGHT_MAX);
  const fetchPage: FetchPage = (url) => limited(() => fetchOne(agent, url));
  return { fetchPage, close: () => agent.destroy() };
}

function fetchOne(agent: Agent, url: Parameters<FetchPage>[0]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (page: string | undefined): void => {
      clearTimeout(timer);
      resolve(page);
    };
    try {
      const request = get(
        {
          ...url,
          agent,
          headers: {
            accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4',
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            chunks.push(chunk);
            if (size > SIZE_MAX_BYTES) request.destroy();
          });
          response.on('end', () =>
            finish(
              response.statusCode === 200 ? Buffer.concat(chunks).toString('utf8') : undefined,
            ),
          );
          response.on('error', () => finish(undefined));
          response.on('close', () => finish(undefined));
        },
      );
      timer = setTimeout(() => request.destroy(), TIMEOUT_MS);
      request.on('error', () => finish(undefined));
      request.on('close', () => finish(undefined));
    } catch {
      // A path that HTTP cannot carry is refused before anything is sent.
      finish(undefined);
    }
  });
}
