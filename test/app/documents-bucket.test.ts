// Documents in a bucket, against the strict S3 test server.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Blobs } from '../../app/src/documents/blobs.ts';
import { receiveUpload } from '../../app/src/documents/receive.ts';
import { openBucketBlobs } from '../../app/src/documents/s3.ts';
import { startS3 } from '../s3/server.ts';
import type { S3Server } from '../s3/server.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { startApp, statusOf, stopPrograms, waitFor } from './programs.ts';

let s3: S3Server;
beforeEach(async () => {
  s3 = await startS3();
});
afterEach(() => s3.stop());

const pdf = (sizeBytes: number): Buffer =>
  Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(sizeBytes)]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a bucket', () => {
  const openBlobs = (secretAccessKey = s3.credentials.secretAccessKey): Promise<Blobs> =>
    openBucketBlobs({
      bucket: s3.bucket.name,
      prefix: 'documents/',
      endpoint: s3.endpoint,
      region: s3.credentials.region,
      credentials: { accessKeyId: s3.credentials.accessKeyId, secretAccessKey },
    });
  async function keep(blobs: Blobs, bytes: Buffer): Promise<string> {
    const { file, ...blob } = await receiveUpload(Readable.from([bytes], { objectMode: false }), {
      dir: blobs.incomingDir,
      maxBytes: 1_000_000,
      type: 'application/pdf',
      expectedSha256: undefined,
    });
    try {
      await blobs.publish(file, blob);
    } finally {
      rmSync(file, { force: true });
    }
    return blob.sha256;
  }
  async function read(blobs: Blobs, hash: string): Promise<string | undefined> {
    const stream = await blobs.open(hash);
    return stream === undefined ? undefined : sha256(await buffer(stream));
  }

  it('keeps documents under their hash and gives them back', async () => {
    const blobs = await openBlobs();
    const hash = await keep(blobs, pdf(200_000));
    expect(await keep(blobs, pdf(10))).not.toBe(hash);
    expect(s3.seen[0]).toMatchObject({ key: `documents/${hash.slice(0, 2)}/${hash}` });
    expect(await read(blobs, hash)).toBe(hash);
    expect(await blobs.open('0'.repeat(64))).toBeUndefined();
  });

  it.each(['slow-down', 'lost-answer'] as const)('sends again after one %s', async (kind) => {
    const blobs = await openBlobs();
    let times = 0;
    s3.failWith(() => ((times += 1) === 1 ? { kind } : undefined));
    const hash = await keep(blobs, pdf(1_000));
    expect(await read(blobs, hash)).toBe(hash);
  });

  it('that stays away is a problem to come back for, and keeps nothing', async () => {
    const blobs = await openBlobs();
    s3.failWith(() => ({ kind: 'slow-down' }));
    await expect(keep(blobs, pdf(10))).rejects.toMatchObject({ code: 'storage-unavailable' });
    await expect(blobs.open('0'.repeat(64))).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(readdirSync(blobs.incomingDir)).toEqual([]);
  });

  it('that does not know our key is the same to the sender', async () => {
    const blobs = await openBlobs('another secret');
    await expect(keep(blobs, pdf(10))).rejects.toMatchObject({ code: 'storage-unavailable' });
  });
});

describe('the app', () => {
  let postgres: PrivatePostgres;
  let dir = '';
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.createDatabase('bank');
    await migrate(postgres.url('bank'));
    dir = mkdtempSync(join(tmpdir(), 'keys-'));
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  afterEach(stopPrograms);

  it('takes documents into the bucket that its environment names', async () => {
    const [idFile, secretFile] = [join(dir, 'id'), join(dir, 'secret')];
    writeFileSync(idFile, s3.credentials.accessKeyId);
    writeFileSync(secretFile, `${s3.credentials.secretAccessKey}\n`);
    const app = await startApp({
      ...postgres.env('bank'),
      UPLOADS_S3_BUCKET: s3.bucket.name,
      UPLOADS_S3_ENDPOINT: s3.endpoint,
      UPLOADS_S3_REGION: s3.credentials.region,
      UPLOADS_S3_ACCESS_KEY_ID_FILE: idFile,
      UPLOADS_S3_SECRET_ACCESS_KEY_FILE: secretFile,
    });
    await waitFor(
      'readiness',
      async () => ((await statusOf(`${app.url}/readyz`)) === 200 ? true : undefined),
      app,
    );
    const account = await fetch(`${app.url}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Ann"}',
    });
    const bytes = pdf(50_000);
    const sent = await fetch(`${app.url}${account.headers.get('location') ?? ''}/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/pdf' },
      body: new Uint8Array(bytes),
    });
    expect(sent.status).toBe(201);
    const content = await fetch(`${app.url}${sent.headers.get('location') ?? ''}/content`);
    expect(sha256(Buffer.from(await content.arrayBuffer()))).toBe(sha256(bytes));
    expect(s3.seen.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });
});
