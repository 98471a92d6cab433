// An HTTP server with its limits, and how it closes without dropping a request.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listener {
  /** The port it got; useful when it was asked for port 0. */
  readonly port: number;
  /** Takes no new connections, waits for running requests at most `timeoutMs`, then cuts the rest. */
  close(timeoutMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
}

/** Resolves when it listens; rejects when the port is taken. */
export async function listen(
  handler: RequestListener,
  { host, port }: ListenOptions,
): Promise<Listener> {
  const server = createServer({ maxHeaderSize: 16_384 }, handler);
  // Gateways keep idle connections for up to an hour. Closing ours first would race with their next
  // request and lose it, so we outlast them.
  server.keepAliveTimeout = 3_900_000;
  server.headersTimeout = 15_000;
  server.requestTimeout = 30_000;
  server.maxConnections = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (timeoutMs) => closeServer(server, timeoutMs),
  };
}

async function closeServer(server: Server, timeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection whose last answer was on its way out becomes idle a moment later.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
