// Reads metrics pages of pods: bounded in time, size and number, no redirects, no proxy. The pages
// are whatever tenants serve, so all of them together must fit into the operator's memory.
import { checkServerIdentity } from 'node:tls';
import { ApiError } from '../kube/api-error.ts';
import type { Transport } from '../kube/transport.ts';
import { createLimiter } from '../lib/limiter.ts';
import { exchange } from './bounded-request.ts';
import { accessOf } from './queries/access.ts';
import type { ReadSecret } from './queries/secrets.ts';
import type { FetchPage, PageAddress } from './sample-pods.ts';

export interface FetchPageOptions {
  readonly readSecret: ReadSecret;
  /** Where the pods' addresses lead nowhere: the API server's proxy to pods. */
  readonly through?: Pick<Transport, 'stream'>;
}

const TIMEOUT_MS = 1500;
const SIZE_MAX_BYTES = 1024 * 1024;
/** Pages of all releases that are on their way at one time. */
const IN_FLIGHT_MAX = 8;

const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4';

/** Rejects with a sentence where a page cannot be had. */
export function createFetchPage({ readSecret, through }: FetchPageOptions): FetchPage {
  const limited = createLimiter(IN_FLIGHT_MAX);
  return (address) =>
    limited(() => (through ? fetchThrough(through, address) : fetchDirectly(readSecret, address)));
}

async function fetchDirectly(readSecret: ReadSecret, address: PageAddress): Promise<string> {
  const { access: spec, host, path, pod, port } = address;
  const access = await accessOf(spec ?? {}, pod.namespace, readSecret);
  if (access.kind === 'error') throw new Error(access.error);
  const { ca, headers } = access.value;
  const answer = await exchange({
    scheme: spec?.scheme ?? 'http',
    timeoutMs: TIMEOUT_MS,
    sizeMaxBytes: SIZE_MAX_BYTES,
    options: {
      host,
      port,
      path,
      headers: { accept: ACCEPT, ...headers },
      ...tlsOptions(spec?.tls),
      ...(ca === undefined ? {} : { ca }),
    },
  });
  if (answer.kind === 'failed') throw new Error(answer.why);
  return pageOf(answer.status, answer.body);
}

function tlsOptions(tls: NonNullable<PageAddress['access']>['tls']): object {
  const { insecureSkipVerify = false, serverName } = tls ?? {};
  if (insecureSkipVerify) return { rejectUnauthorized: false };
  if (serverName === undefined) return {};
  // Asked by their address, pods show a certificate for their name.
  return {
    servername: serverName,
    checkServerIdentity: (_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(serverName, certificate),
  };
}

function pageOf(status: number, body: string): string {
  if (status === 200) return body;
  if (status === 401 || status === 403) {
    throw new Error(`it refuses us (${status}): look at spec.checks.scrape.authorization`);
  }
  throw new Error(status === 404 ? 'no such page (404)' : `it answers ${status}`);
}

/* The API server sends no credentials on, and believes any certificate of a pod. */
async function fetchThrough(
  transport: Pick<Transport, 'stream'>,
  { access, path, pod, port }: PageAddress,
): Promise<string> {
  if (access?.authorization || access?.tls?.ca) {
    throw new Error(
      'through the API server there is neither authorization nor tls.ca: read pods directly',
    );
  }
  const scheme = access?.scheme === 'https' ? 'https:' : '';
  const proxy = `/api/v1/namespaces/${pod.namespace}/pods/${scheme}${pod.name}:${port}/proxy`;
  try {
    const stream = await transport.stream({
      method: 'GET',
      path: `${proxy}${path}`,
      accept: ACCEPT,
      timeoutMs: TIMEOUT_MS,
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stream.cancel();
    }, TIMEOUT_MS);
    try {
      const page = await textOf(stream);
      // A page that was cut off between two lines would look like a whole one.
      if (isLate) throw new Error(`no answer within ${TIMEOUT_MS / 1000} s`);
      return page;
    } finally {
      clearTimeout(timer);
      stream.cancel();
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'forbidden') {
      throw new Error('reading pods through the API server needs the verb get on pods/proxy', {
        cause: error,
      });
    }
    throw new Error(
      error.status === 0 ? 'no answer through the API server' : `it answers ${error.status}`,
      {
        cause: error,
      },
    );
  }
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    if (sizeBytes > SIZE_MAX_BYTES)
      throw new Error(`the page is larger than ${SIZE_MAX_BYTES / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
