// Ports on loopback: the usual one, so that bookmarks hold, or a free one when somebody has it.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The usual port when nobody listens there, else any free one. */
export async function usualOrFree(usual: number): Promise<number> {
  return (await boundTo(usual)) ?? (await boundTo(0)) ?? usual;
}

/** Throws with the remedy when somebody listens there. */
export async function exactly(port: number): Promise<number> {
  if ((await boundTo(port)) === undefined) {
    throw new Error(`port ${port} of 127.0.0.1 is taken: end what listens there, or leave --port out`);
  }
  return port;
}

function boundTo(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const bound = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(bound));
    });
  });
}
