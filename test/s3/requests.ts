// The calls on a bucket: what each demands, and what it answers. Whatever is not here is refused.
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { Bucket } from './bucket.ts';
import type { Attributes, Conditions, StoredObject } from './bucket.ts';
import { errors, escapeXml, S3Error } from './s3-error.ts';

export interface Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly now: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const storageClasses = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'];
const archived = ['GLACIER', 'DEEP_ARCHIVE'];
const knownQueries = ['uploads', 'uploadId', 'partNumber', 'versionId', 'list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'encoding-type', 'x-id', 'start-after', 'key-marker'];

export function answer(bucket: Bucket, call: Call): Answer {
  const unknown = [...call.query.keys()].find((name) => !knownQueries.includes(name));
  if (unknown !== undefined) throw errors.notImplemented(`The query parameter ${unknown}`);
  const { method, key, query } = call;
  if (key === '') {
    if (method === 'GET' && query.get('list-type') === '2') return list(bucket, query);
    if (method === 'GET' && query.has('uploads')) return listUploads(bucket, query);
    throw errors.notImplemented(`${method} on a bucket`);
  }
  if (method === 'GET' || method === 'HEAD') return read(bucket, call);
  if (method === 'POST' && query.has('uploads')) return beginUpload(bucket, call);
  if (method === 'POST' && query.has('uploadId')) return completeUpload(bucket, call);
  if (method === 'PUT') return query.has('uploadId') ? putPart(bucket, call) : put(bucket, call);
  if (method === 'DELETE') return remove(bucket, call);
  throw errors.notImplemented(method);
}

function put(bucket: Bucket, { key, headers, body, now }: Call): Answer {
  if (headers['x-amz-copy-source'] !== undefined) throw errors.notImplemented('CopyObject');
  checkDigests(headers, body);
  bucket.check(key, conditionsOf(headers));
  const stored = bucket.put(key, body, attributesOf(headers, now));
  return { status: 200, headers: tagsOf(stored) };
}

function read(bucket: Bucket, { key, query, headers, method }: Call): Answer {
  const found = bucket.find(key, query.get('versionId') ?? undefined);
  if (found === undefined) throw errors.noSuchKey();
  const ifMatch = one(headers['if-match']);
  if (ifMatch !== undefined && ifMatch.replaceAll('"', '') !== found.etag) throw errors.precondition();
  if (method === 'GET' && archived.includes(found.storageClass))
    throw new S3Error(403, 'InvalidObjectState', "The operation is not valid for the object's storage class");
  const whole = { ...tagsOf(found), 'last-modified': found.modifiedAt.toUTCString(), 'accept-ranges': 'bytes' };
  const range = /^bytes=(\d+)-$/.exec(one(headers['range']) ?? '');
  if (headers['range'] !== undefined && range === null) throw errors.notImplemented('This kind of range');
  const from = Number(range?.[1] ?? 0);
  if (from > 0 && from >= found.body.length)
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
  const body = found.body.subarray(from);
  const last = found.body.length - 1;
  return range === null
    ? { status: 200, headers: whole, body }
    : { status: 206, headers: { ...whole, 'content-range': `bytes ${from}-${last}/${found.body.length}` }, body };
}

function remove(bucket: Bucket, { key, query }: Call): Answer {
  const uploadId = query.get('uploadId');
  if (uploadId === null) bucket.delete(key, query.get('versionId') ?? undefined);
  else {
    bucket.uploadOf(uploadId, key);
    bucket.uploads.delete(uploadId);
  }
  return { status: 204 };
}

function beginUpload(bucket: Bucket, { key, headers, now }: Call): Answer {
  const attributes = attributesOf(headers, now);
  if (attributes.retention !== undefined && !bucket.hasLock)
    throw errors.invalid('Bucket is missing Object Lock Configuration');
  const uploadId = randomBytes(12).toString('hex');
  bucket.uploads.set(uploadId, { key, attributes, parts: new Map() });
  return xml(
    'InitiateMultipartUploadResult',
    `<Bucket>${bucket.name}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${uploadId}</UploadId>`,
  );
}

function putPart(bucket: Bucket, { key, query, headers, body }: Call): Answer {
  const upload = bucket.uploadOf(query.get('uploadId') ?? '', key);
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new S3Error(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  checkDigests(headers, body);
  if (upload.attributes.retention !== undefined) needsDigest(headers);
  const etag = createHash('md5').update(body).digest('hex');
  upload.parts.set(number, { body, etag });
  return { status: 200, headers: { etag: `"${etag}"` } };
}

function completeUpload(bucket: Bucket, { key, query, headers, body }: Call): Answer {
  const uploadId = query.get('uploadId') ?? '';
  const upload = bucket.uploadOf(uploadId, key);
  bucket.check(key, conditionsOf(headers));
  const listed = [...body.toString('utf8').matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? '').replaceAll('&quot;', '').replaceAll('"', ''),
  }));
  const stored = bucket.complete(upload, listed);
  bucket.uploads.delete(uploadId);
  return xml(
    'CompleteMultipartUploadResult',
    `<Bucket>${bucket.name}</Bucket><Key>${escapeXml(key)}</Key><ETag>&quot;${stored.etag}&quot;</ETag>`,
  );
}

function list(bucket: Bucket, query: URLSearchParams): Answer {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const limit = Math.min(1_000, Number(query.get('max-keys') ?? 1_000));
  const entries = new Map<string, StoredObject | undefined>();
  for (const key of bucket.keys()) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) entries.set(key, bucket.find(key));
    else entries.set(key.slice(0, end + delimiter.length), undefined);
  }
  const waiting = [...entries].filter(([name]) => name > after);
  const page = waiting.slice(0, limit);
  const isTruncated = waiting.length > page.length;
  const lines = page.map(([name, object]) =>
    object === undefined
      ? `<CommonPrefixes><Prefix>${escapeXml(name)}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${escapeXml(name)}</Key><LastModified>${object.modifiedAt.toISOString()}</LastModified><ETag>&quot;${object.etag}&quot;</ETag><Size>${object.body.length}</Size><StorageClass>${object.storageClass}</StorageClass></Contents>`,
  );
  const token = isTruncated ? `<NextContinuationToken>${escapeXml(page.at(-1)?.[0] ?? '')}</NextContinuationToken>` : '';
  return xml(
    'ListBucketResult',
    `<Name>${bucket.name}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>${token}${lines.join('')}`,
  );
}

function listUploads(bucket: Bucket, query: URLSearchParams): Answer {
  const prefix = query.get('prefix') ?? '';
  const found = [...bucket.uploads].filter(([, upload]) => upload.key.startsWith(prefix));
  const lines = found.map(([id, { key }]) => `<Upload><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></Upload>`);
  return xml('ListMultipartUploadsResult', `<Bucket>${bucket.name}</Bucket><IsTruncated>false</IsTruncated>${lines.join('')}`);
}

function attributesOf(headers: IncomingHttpHeaders, now: number): Attributes {
  const storageClass = one(headers['x-amz-storage-class']) ?? 'STANDARD';
  if (!storageClasses.includes(storageClass))
    throw new S3Error(400, 'InvalidStorageClass', 'The storage class you specified is not valid');
  const mode = one(headers['x-amz-object-lock-mode']);
  const date = one(headers['x-amz-object-lock-retain-until-date']);
  if ((mode === undefined) !== (date === undefined))
    throw errors.invalid('x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
  if (mode === undefined || date === undefined) return { storageClass, retention: undefined };
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE')
    throw errors.invalid('Unknown wormMode directive.');
  const until = Date.parse(date);
  if (!(until > now)) throw errors.invalid('The retain until date must be in the future!');
  if (headers['x-amz-checksum-algorithm'] === undefined) needsDigest(headers);
  return { storageClass, retention: { mode, until } };
}

function needsDigest(headers: IncomingHttpHeaders): void {
  if (headers['content-md5'] === undefined && headers['x-amz-checksum-sha256'] === undefined)
    throw errors.invalid('Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters');
}

function checkDigests(headers: IncomingHttpHeaders, body: Buffer): void {
  const md5 = one(headers['content-md5']);
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) throw errors.badDigest('Content-MD5');
  const sha256 = one(headers['x-amz-checksum-sha256']);
  if (sha256 !== undefined && sha256 !== createHash('sha256').update(body).digest('base64'))
    throw errors.badDigest('SHA256');
}

function conditionsOf(headers: IncomingHttpHeaders): Conditions {
  return { ifNoneMatch: one(headers['if-none-match']), ifMatch: one(headers['if-match']) };
}

function tagsOf({ etag, versionId, storageClass, retention }: StoredObject): Record<string, string> {
  return {
    etag: `"${etag}"`,
    'x-amz-version-id': versionId,
    'x-amz-storage-class': storageClass,
    ...(retention === undefined
      ? {}
      : {
          'x-amz-object-lock-mode': retention.mode,
          'x-amz-object-lock-retain-until-date': new Date(retention.until).toISOString(),
        }),
  };
}

function xml(root: string, inner: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
