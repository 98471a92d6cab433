// One HTTP exchange that cannot run away: bounded in time, from the name's resolution to the last
// byte, and in size, after unpacking. No redirects, no proxy, no connection that is kept.
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

export interface Bounds {
  readonly timeoutMs: number;
  /** Of the body as it is read, unpacked. */
  readonly sizeMaxBytes: number;
}

export interface Exchange extends Bounds {
  readonly scheme: 'http' | 'https';
  readonly options: https.RequestOptions;
  readonly body?: string;
}

export type Answered =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  /** `why`: for a person; never contains what was sent. */
  | { readonly kind: 'failed'; readonly why: string };

/** Never throws; whatever goes wrong is an answer of its own. */
export function exchange({ body, options, scheme, ...bounds }: Exchange): Promise<Answered> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let request: http.ClientRequest | undefined;
    const finish = (answer: Answered): void => {
      clearTimeout(timer);
      resolve(answer);
      request?.destroy();
    };
    const fail = (error: unknown): void => finish({ kind: 'failed', why: whyOf(error) });
    try {
      const sized = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      request = (scheme === 'https' ? https : http).request({
        agent: false,
        ...options,
        headers: { 'accept-encoding': 'gzip', ...options.headers, ...sized },
      });
      timer = setTimeout(
        () => finish({ kind: 'failed', why: `no answer within ${bounds.timeoutMs / 1000} s` }),
        bounds.timeoutMs,
      );
      let isAnswered = false;
      request.on('error', fail);
      request.on('close', () => {
        if (!isAnswered) fail(new Error('closed'));
      });
      request.on('response', (response) => {
        isAnswered = true;
        readBody(response, bounds.sizeMaxBytes).then(
          (text) => finish({ kind: 'answered', status: response.statusCode ?? 0, body: text }),
          fail,
        );
      });
      request.end(body);
    } catch (error) {
      // What HTTP cannot carry is refused before anything is sent.
      fail(error);
    }
  });
}

async function readBody(response: http.IncomingMessage, sizeMaxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of unpacked(response) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > sizeMaxBytes) throw new TooLarge(sizeMaxBytes);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('closed');
  return Buffer.concat(chunks).toString('utf8');
}

function unpacked(response: http.IncomingMessage): Readable {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return response;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw new UnknownEncoding(encoding);
  const gunzip = createGunzip();
  response.on('error', (error) => gunzip.destroy(error));
  return response.pipe(gunzip);
}

class TooLarge extends Error {
  constructor(sizeMaxBytes: number) {
    super(`the answer is larger than ${sizeMaxBytes / 1024} KiB`);
  }
}

class UnknownEncoding extends Error {
  constructor(encoding: string) {
    super(
      `the answer is packed as ${JSON.stringify(encoding.slice(0, 20))}, which was not asked for`,
    );
  }
}

/** An error whose words are for people. */
export class Refused extends Error {}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: 'the connection was broken off',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that address',
  ENOTFOUND: 'the name cannot be resolved',
  EAI_AGAIN: 'the name cannot be resolved',
  ETIMEDOUT: 'no connection in time',
  EPROTO: 'it does not speak TLS as we do: http where https was named?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: http where https was named?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted: name its CA in tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted: name its CA in tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted: name its CA in tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted: name its CA in tls.ca',
  Z_DATA_ERROR: 'the answer cannot be unpacked',
  Z_BUF_ERROR: 'the answer cannot be unpacked',
};

function whyOf(error: unknown): string {
  if (error instanceof Refused || error instanceof TooLarge || error instanceof UnknownEncoding) {
    return error.message;
  }
  const code = codeOf(error);
  if (code === undefined) return 'the connection ended before the answer did';
  return (
    WORDS[code] ?? (code.startsWith('HPE_') ? 'the answer is not HTTP' : `no answer (${code})`)
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
