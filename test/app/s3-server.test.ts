// The strict S3 test server is as strict as it says: each refusal by its code, asked by Amazon's own SDK.
import { createHash } from 'node:crypto';

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startS3 } from '../s3/server.ts';
import type { S3Server } from '../s3/server.ts';

let server: S3Server;
let client: S3Client;
const Bucket = 'backups';
beforeAll(async () => {
  server = await startS3({ hasLock: true });
  client = connect();
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const connect = (): S3Client =>
  new S3Client({
    endpoint: server.endpoint,
    region: server.credentials.region,
    credentials: server.credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
const hash = (kind: 'md5' | 'sha256', text: string): string => createHash(kind).update(text).digest('base64');
const put = (Key: string, extra: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: 'text', ...extra }));
const tomorrow = () => new Date(Date.now() + 86_400_000);
const locked = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: tomorrow() } as const;
/** The code of the refusal, or that there was none. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: Error) => error.name,
  );

describe('the S3 test server', () => {
  it.each<[string, object, string]>([
    ['a Content-MD5 of other bytes', { ContentMD5: hash('md5', 'other') }, 'BadDigest'],
    ['the right Content-MD5', { ContentMD5: hash('md5', 'text') }, 'taken'],
    ['a sha256 of other bytes', { ChecksumSHA256: hash('sha256', 'other') }, 'BadDigest'],
    ['the right sha256', { ChecksumSHA256: hash('sha256', 'text') }, 'taken'],
    ['a class that is none', { StorageClass: 'TAPE' }, 'InvalidStorageClass'],
    ['a lock without a checksum', locked, 'InvalidRequest'],
    ['a lock with one', { ...locked, ChecksumSHA256: hash('sha256', 'text') }, 'taken'],
    ['a lock that ended yesterday', { ...locked, ObjectLockRetainUntilDate: new Date(0), ContentMD5: hash('md5', 'text') }, 'InvalidRequest'],
    ['If-None-Match: * where there is none', { IfNoneMatch: '*' }, 'taken'],
    ['If-Match where there is none', { IfMatch: '"0"' }, 'NoSuchKey'],
  ])('for %s', async (name, extra, want) => {
    expect(await codeOf(put(`put/${name.replaceAll(/\W/g, '-')}`, extra))).toBe(want);
  });

  it('writes on conditions only while they hold', async () => {
    const { ETag } = await put('conditional', { IfNoneMatch: '*' });
    expect(await codeOf(put('conditional', { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    expect(await codeOf(put('conditional', { Body: 'second', IfMatch: ETag }))).toBe('taken');
    expect(await codeOf(put('conditional', { Body: 'third', IfMatch: ETag }))).toBe('PreconditionFailed');
  });

  it('joins parts as listed, each but the last of 5 MiB at least', async () => {
    const Key = 'large';
    const begin = async () => (await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId;
    const upload = async (UploadId: string | undefined, sizes: readonly number[]) =>
      Promise.all(
        sizes.map(async (size, at) => {
          const part = { Bucket, Key, UploadId, PartNumber: at + 1, Body: Buffer.alloc(size, at + 1) };
          return { PartNumber: at + 1, ETag: (await client.send(new UploadPartCommand(part))).ETag };
        }),
      );
    type Parts = Awaited<ReturnType<typeof upload>>;
    const complete = (UploadId: string | undefined, parts: Parts) => {
      const call = { Bucket, Key, UploadId, MultipartUpload: { Parts: parts } };
      return codeOf(client.send(new CompleteMultipartUploadCommand(call)));
    };
    const small = await begin();
    expect(await complete(small, await upload(small, [1_000, 1_000]))).toBe('EntityTooSmall');
    const id = await begin();
    const parts = await upload(id, [5_242_880, 1_000]);
    expect(await complete(id, parts.toReversed())).toBe('InvalidPartOrder');
    expect(await complete(id, parts.map((part) => ({ ...part, ETag: '"0"' })))).toBe('InvalidPart');
    expect(await complete(id, parts)).toBe('taken');
    expect(await complete(id, parts)).toBe('NoSuchUpload');
    expect(server.bucket.find(Key)?.body).toHaveLength(5_243_880);
  });

  it('deletes no locked version, and hides it when none is named', async () => {
    const { VersionId } = await put('kept', { ...locked, ContentMD5: hash('md5', 'text') });
    const version = { Bucket, Key: 'kept', VersionId };
    expect(await codeOf(client.send(new DeleteObjectCommand(version)))).toBe('AccessDenied');
    expect(await codeOf(client.send(new DeleteObjectCommand({ Bucket, Key: 'kept' })))).toBe('taken');
    expect(await codeOf(client.send(new GetObjectCommand({ Bucket, Key: 'kept' })))).toBe('NoSuchKey');
    expect(await codeOf(client.send(new GetObjectCommand(version)))).toBe('taken');
  });

  it('lists pages with folders', async () => {
    for (const name of ['a', 'b/1', 'b/2', 'c']) await put(`list/${name}`);
    const page = (extra: object = {}) =>
      client.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', Delimiter: '/', MaxKeys: 2, ...extra }));
    const first = await page();
    expect([first.Contents?.map(({ Key }) => Key), first.CommonPrefixes]).toEqual([['list/a'], [{ Prefix: 'list/b/' }]]);
    const second = await page({ ContinuationToken: first.NextContinuationToken });
    expect([second.Contents?.map(({ Key }) => Key), second.IsTruncated]).toEqual([['list/c'], false]);
  });

  it('takes no header that was added after signing, and no request without a signature', async () => {
    const other = connect();
    other.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-storage-class'] = 'GLACIER';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'after-signing' },
    );
    const sent = other.send(new PutObjectCommand({ Bucket, Key: 'added', Body: 'text' }));
    expect(await codeOf(sent)).toMatch(/AccessDenied|SignatureDoesNotMatch/);
    other.destroy();
    expect((await fetch(`${server.endpoint}/backups/put`, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(`${server.endpoint}/backups/?acl`)).status).toBe(403);
  });
});
