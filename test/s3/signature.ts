// Signature version 4 in headers, recomputed from what arrived. Nothing is taken on trust.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { errors, S3Error } from './s3-error.ts';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const maxSkewMs = 15 * 60_000;
const authorization = new RegExp(
  [
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request/,
    /SignedHeaders=([a-z0-9;-]+)/,
    /Signature=([0-9a-f]{64})$/,
  ]
    .map(({ source }) => source)
    .join(', ?'),
);

/** Throws S3Error unless the request was signed with the secret, lately, and carries what was signed. */
export function checkSignature(request: SignedRequest, known: Credentials, now: number): void {
  const header = request.headers.authorization ?? '';
  const found = authorization.exec(header);
  if (found === null) throw errors.denied('Access Denied: no signature of version 4 in the headers');
  const [, accessKeyId = '', day = '', region = '', signedHeaders = '', signature = ''] = found;
  if (accessKeyId !== known.accessKeyId)
    throw new S3Error(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist.');
  if (region !== known.region)
    throw new S3Error(400, 'AuthorizationHeaderMalformed', `the region '${region}' is wrong; expecting '${known.region}'`);
  const date = single(request.headers['x-amz-date']);
  checkDate(date, day, now);
  checkSignedHeaders(request.headers, signedHeaders.split(';'));
  checkPayload(request);
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical(request, signedHeaders.split(';')))].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${known.secretAccessKey}`),
  );
  const want = createHmac('sha256', key).update(text).digest();
  if (!timingSafeEqual(want, Buffer.from(signature, 'hex')))
    throw new S3Error(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match');
}

function checkDate(date: string, day: string, now: number): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (parts === null || !date.startsWith(day)) throw errors.denied('x-amz-date is missing or of another day');
  const [, year, month, dayOfMonth, hour, minute, second] = parts;
  const at = Date.parse(`${year}-${month}-${dayOfMonth}T${hour}:${minute}:${second}Z`);
  if (Math.abs(now - at) > maxSkewMs)
    throw new S3Error(403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.');
}

/** Host and every x-amz header have to be signed, or somebody could add one. */
function checkSignedHeaders(headers: IncomingHttpHeaders, signed: readonly string[]): void {
  const mustBe = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const unsigned = mustBe.find((name) => !signed.includes(name));
  if (unsigned !== undefined)
    throw errors.denied(`There were headers present in the request which were not signed: ${unsigned}`);
}

function checkPayload({ headers, body }: SignedRequest): void {
  const stated = single(headers['x-amz-content-sha256']);
  if (stated === 'UNSIGNED-PAYLOAD') return;
  if (stated.startsWith('STREAMING-')) throw errors.notImplemented(`x-amz-content-sha256 ${stated}`);
  if (stated !== sha256(body))
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

function canonical({ method, target, headers }: SignedRequest, signed: readonly string[]): string {
  const [path = '', query = ''] = target.split('?', 2);
  const parameters = query === '' ? [] : query.split('&').map((part) => (part.includes('=') ? part : `${part}=`));
  const lines = signed.map((name) => `${name}:${single(headers[name]).trim().replace(/ +/g, ' ')}\n`);
  return [
    method,
    path,
    parameters.toSorted().join('&'),
    lines.join(''),
    signed.join(';'),
    single(headers['x-amz-content-sha256']),
  ].join('\n');
}

function single(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
