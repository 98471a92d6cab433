// The strict S3 test server: HTTP on a free loopback port, signatures checked, faults on demand.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Bucket } from './bucket.ts';
import { answer as answerCall } from './requests.ts';
import type { Answer } from './requests.ts';
import { errors, escapeXml, S3Error } from './s3-error.ts';
import { checkSignature } from './signature.ts';
import type { Credentials } from './signature.ts';

/** What happens to a request instead of, or on the way to, its answer. */
export type Fault =
  /** 503 SlowDown; nothing is done. */
  | { readonly kind: 'slow-down' }
  /** Done, and the answer comes late. */
  | { readonly kind: 'late'; readonly ms: number }
  /** Done, and the answer comes when a test says so. */
  | { readonly kind: 'held'; readonly until: Promise<void> }
  /** Never answered; nothing is done. */
  | { readonly kind: 'hang' }
  /** The connection breaks after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** A well-formed answer that holds only the first bytes. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** Done, and the connection breaks before the answer. */
  | { readonly kind: 'lost-answer' };

export interface Seen {
  readonly method: string;
  readonly key: string;
  readonly query: string;
}

export interface S3Options {
  readonly hasLock?: boolean;
  /** Asked for each request. */
  readonly fault?: (seen: Seen, body: Buffer) => Fault | undefined;
}

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: Bucket;
  readonly credentials: Credentials;
  /** Every request so far. */
  readonly seen: readonly Seen[];
  /** Changes what goes wrong from now on. */
  failWith(fault: S3Options['fault']): void;
  /** Moves the server's clock. */
  shiftClock(ms: number): void;
  stop(): Promise<void>;
}

const maxBodyBytes = 134_217_728;
const bucketName = 'backups';

export async function startS3(options: S3Options = {}): Promise<S3Server> {
  let shiftMs = 0;
  let fault = options.fault;
  const now = (): number => Date.now() + shiftMs;
  const seen: Seen[] = [];
  const bucket = new Bucket({ name: bucketName, hasLock: options.hasLock ?? false, now });
  const credentials: Credentials = {
    accessKeyId: `AK${randomBytes(9).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('base64url'),
    region: 'eu-test-1',
  };
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://s3');
    const { key, isOurs } = placeOf(url);
    const one = { method: request.method ?? '', key, query: url.search };
    seen.push(one);
    // Clients whose clock is off set themselves by this.
    response.setHeader('date', new Date(now()).toUTCString());
    const planned = fault?.(one, body);
    if (planned?.kind === 'hang') return;
    const done = attempt(one.method, () => {
      if (planned?.kind === 'slow-down') throw new S3Error(503, 'SlowDown', 'Please reduce your request rate.');
      const signed = { ...one, target: request.url ?? '/', headers: request.headers, body };
      checkSignature(signed, credentials, now());
      if (!isOurs) throw errors.noSuchBucket();
      return answerCall(bucket, { ...signed, query: url.searchParams, now: now() });
    });
    if (planned?.kind === 'late') await sleep(planned.ms);
    if (planned?.kind === 'held') await planned.until;
    if (planned?.kind === 'lost-answer') return void response.destroy();
    send(response, { answer: done, isHead: one.method === 'HEAD', planned });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    credentials,
    seen,
    failWith: (next) => {
      fault = next;
    },
    shiftClock: (ms) => {
      shiftMs += ms;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function placeOf(url: URL): { key: string; isOurs: boolean } {
  const [, name, ...rest] = decodeURIComponent(url.pathname).split('/');
  return { key: rest.join('/'), isOurs: name === bucketName };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error('more than a test should send');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function attempt(method: string, work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    const known = error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error));
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${known.code}</Code><Message>${escapeXml(known.message)}</Message></Error>`;
    const headers = { 'content-type': 'application/xml' };
    return { status: known.status, headers, ...(method === 'HEAD' ? {} : { body }) };
  }
}

interface Sending {
  readonly answer: Answer;
  readonly isHead: boolean;
  readonly planned: Fault | undefined;
}

function send(response: ServerResponse, { answer, isHead, planned }: Sending): void {
  const { status, headers = {}, body = '' } = answer;
  const whole = Buffer.from(body);
  const sent = planned?.kind === 'short' ? whole.subarray(0, planned.bytes) : whole;
  const length = status === 204 ? {} : { 'content-length': String(sent.length) };
  response.writeHead(status, { ...headers, ...length });
  if (isHead) return void response.end();
  if (planned?.kind !== 'cut') return void response.end(sent);
  response.write(sent.subarray(0, planned.afterBytes), () => setTimeout(() => response.destroy(), 20));
}
