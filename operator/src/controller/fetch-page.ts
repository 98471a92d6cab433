// Reads one metrics page of a pod: bounded in time and size, no redirects, no proxy.
import { Agent, get } from 'node:http';
import type { FetchPage } from './sample-pods.ts';

const TIMEOUT_MS = 1500;
const SIZE_MAX_BYTES = 4 * 1024 * 1024;

/** A fetcher with connections that are kept between polls. */
export function createFetchPage(): { fetchPage: FetchPage; close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 64, timeout: 30_000 });
  const fetchPage: FetchPage = ({ host, port, path }) =>
    new Promise((resolve) => {
      const request = get(
        {
          host,
          port,
          path,
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
      const timer = setTimeout(() => request.destroy(), TIMEOUT_MS);
      const finish = (page: string | undefined): void => {
        clearTimeout(timer);
        resolve(page);
      };
      request.on('error', () => finish(undefined));
      request.on('close', () => finish(undefined));
    });
  return { fetchPage, close: () => agent.destroy() };
}
