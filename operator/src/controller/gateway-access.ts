// Finds the proxies behind a name and reads their metrics pages: bounded in time, size and number, no
// redirects, and never at an address of the operator's own machine or of the platform underneath.
import { lookup } from 'node:dns/promises';
import { createLimiter } from '../lib/limiter.ts';
import { exchange } from './bounded-request.ts';
import { refusalOf } from './queries/addresses.ts';
import type { GatewayAccess } from './sample-gateway.ts';

const TIMEOUT_MS = 1500;
const SIZE_MAX_BYTES = 8 * 1024 * 1024;
const IN_FLIGHT_MAX = 4;

export function createGatewayAccess(loopback: 'refused' | 'allowed'): GatewayAccess {
  const limited = createLimiter(IN_FLIGHT_MAX);
  return {
    async resolve(host) {
      const addresses = await inTime(lookup(host, { all: true, verbatim: true })).then(
        (found) => found.map(({ address }) => address),
        () => {
          throw new Error(`spec.checks.gateway.address: ${host} cannot be resolved`);
        },
      );
      const refusal = addresses.map((address) => refusalOf(address, loopback)).find(Boolean);
      if (refusal !== undefined) throw new Error(`spec.checks.gateway.address: ${refusal}`);
      return addresses;
    },
    fetch: ({ address, path, port }) =>
      limited(async () => {
        const answer = await exchange({
          scheme: 'http',
          timeoutMs: TIMEOUT_MS,
          sizeMaxBytes: SIZE_MAX_BYTES,
          options: { host: address, port, path, headers: { accept: 'text/plain;version=0.0.4' } },
        });
        if (answer.kind === 'failed') throw new Error(answer.why);
        if (answer.status !== 200) throw new Error(`it answers ${answer.status}`);
        return answer.body;
      }),
  };
}

/* A resolver that hangs must not keep the pods' counters from being judged. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
