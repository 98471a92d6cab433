// The way of a query out of the operator: the address that was checked is the one that is connected
// to, so that a name which resolves differently a moment later leads nowhere.
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify, promisify } from 'node:util';
import { createLimiter } from '../../lib/limiter.ts';
import type { HttpRequest } from '../../metrics/queries/query-codec.ts';
import { type Answered, exchange, Refused } from '../bounded-request.ts';
import { refusalOf } from './addresses.ts';

/** What a Secret added to a request. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates (PEM) in place of the public ones. */
  readonly ca?: string;
}

export type Send = (request: HttpRequest, access: Access, timeoutMs: number) => Promise<Answered>;

export interface SendOptions {
  /** `allowed` is meant for tests: anybody who may write an AppRelease could ask the operator's own pod. */
  readonly loopback: 'refused' | 'allowed';
  readonly resolve?: (name: string) => Promise<readonly LookupAddress[]>;
}

const SIZE_MAX_BYTES = 1024 * 1024;
/** Requests of all releases on their way at one time. */
const IN_FLIGHT_MAX = 16;
/* Node resolves names on four threads, which reading files needs as well. */
const LOOKUPS_MAX = 2;
const LOOKUPS_WAITING_MAX = 64;

export function createSend(options: SendOptions): Send {
  const inTurn = createLimiter(IN_FLIGHT_MAX);
  const lookup = checkedLookup(options);
  return (request, access, timeoutMs) =>
    inTurn(async () => {
      const url = urlOf(request.url);
      const refusal = url && literalRefusal(url, options.loopback);
      if (!url || refusal !== undefined) {
        return { kind: 'failed', why: refusal ?? 'the address is none' };
      }
      return exchange({
        scheme: url.protocol === 'https:' ? 'https' : 'http',
        timeoutMs,
        sizeMaxBytes: SIZE_MAX_BYTES,
        options: {
          method: request.method,
          host: hostOf(url),
          port: url.port,
          path: `${url.pathname}${url.search}`,
          headers: {
            'user-agent': 'slipway-operator',
            ...request.headers,
            ...access.headers,
            host: url.host,
          },
          lookup,
          ...(access.ca === undefined ? {} : { ca: access.ca }),
        },
        ...(request.body === undefined ? {} : { body: request.body }),
      });
    });
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

/* An address is connected to without being looked up. URL has turned 0x7f.1 and the like into one. */
function literalRefusal(url: URL, loopback: SendOptions['loopback']): string | undefined {
  const host = hostOf(url);
  return isIP(host) === 0 ? undefined : refusalOf(host, loopback);
}

const lookupAll = promisify(systemLookup);

function checkedLookup({ loopback, resolve }: SendOptions): LookupFunction {
  const inTurn = createLimiter(LOOKUPS_MAX);
  const find = resolve ?? ((name: string) => lookupAll(name, { all: true }));
  let waiting = 0;
  const findInTurn = async (name: string): Promise<readonly LookupAddress[]> => {
    if (waiting >= LOOKUPS_WAITING_MAX) throw new Refused('too many names are being resolved');
    waiting += 1;
    try {
      return await inTurn(() => find(name));
    } finally {
      waiting -= 1;
    }
  };
  return callbackify(async (name: string, _options: unknown) => {
    const found = await findInTurn(name);
    const refusals = found.flatMap(({ address }) => refusalOf(address, loopback) ?? []);
    const refusal = found.length === 0 ? 'the name cannot be resolved' : refusals[0];
    if (refusal !== undefined) throw new Refused(refusal);
    return [...found];
  });
}
