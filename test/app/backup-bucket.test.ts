// Sets in a bucket, on the strict S3 test server: what it demands, and what happens when it fails.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { openBucket } from '../../backup/src/s3-bucket.ts';
import type { BucketConfig } from '../../backup/src/s3-bucket.ts';
import { openBucketTarget } from '../../backup/src/s3-target.ts';
import { FencedError } from '../../backup/src/target.ts';
import { verifySet } from '../../backup/src/verify-set.ts';
import { startS3 } from '../s3/server.ts';
import type { Fault, S3Server, Seen } from '../s3/server.ts';
import { openServer, openStage, report } from './backup-stage.ts';
import type { BackupStage } from './backup-stage.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, runProgram, startProgram, stopPrograms, waitFor } from './programs.ts';
import type { Ended } from './programs.ts';

let server: S3Server;
let secrets = '';
beforeEach(async () => {
  server = await startS3();
  secrets = mkdtempSync(join(tmpdir(), 's3-secrets-'));
});
afterEach(async () => {
  await stopPrograms();
  await server.stop();
  rmSync(secrets, { recursive: true, force: true });
});

const config = (extra: Partial<BucketConfig> = {}): BucketConfig => ({
  bucket: 'backups',
  prefix: 'bank/',
  endpoint: server.endpoint,
  region: server.credentials.region,
  credentials: server.credentials,
  storageClass: 'STANDARD',
  lock: undefined,
  leaseMs: 400,
  partBytes: 5_242_880,
  attempts: 3,
  stallMs: 1_000,
  ...extra,
});
const id = (time: number) => `20261128T0${time}0000000Z-0000`;
const bytes = (size: number): Buffer => Buffer.alloc(size, 'slipway ');
const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
const once = (matches: (seen: Seen) => boolean, fault: Fault, times = 1) => {
  let left = times;
  return (seen: Seen): Fault | undefined => (matches(seen) && (left -= 1) >= 0 ? fault : undefined);
};

describe('the bucket', () => {
  it.each([
    ['the secret is wrong', { secretAccessKey: 'guess' }, /SignatureDoesNotMatch|signature we calculated/i],
    ['the key is not known', { accessKeyId: 'nobody' }, /Access Key Id/],
  ])('refuses everything when %s', async (_name, wrong, want) => {
    const bucket = openBucket(config({ credentials: { ...server.credentials, ...wrong } }));
    await expect(bucket.putText('a', 'text')).rejects.toThrow(want);
    expect(server.bucket.keys()).toEqual([]);
  });

  it('refuses a clock that is wrong by more than a quarter of an hour', async () => {
    server.shiftClock(16 * 60_000);
    const refused = openBucket(config({ attempts: 1 })).putText('a', 'text');
    await expect(refused).rejects.toThrow(/request time and the current time is too large/);
    // With a second attempt the SDK signs by the time that the answer told.
    await openBucket(config()).putText('a', 'text');
  });

  it.each([0, 1, 5_242_880, 5_242_881, 16_000_000])('takes a file of %d bytes whole', async (size) => {
    const bucket = openBucket(config());
    const body = bytes(size);
    const digest = await bucket.putFile('file', Readable.from([body]));
    expect(digest).toEqual({ sizeBytes: size, sha256: sha256(body) });
    expect(sha256(Buffer.concat(await (await bucket.stream('file')).toArray()))).toBe(sha256(body));
    expect(server.seen.some(({ query }) => query.includes('uploads'))).toBe(size > 5_242_880);
  });

  it('leaves no parts behind when the source fails half way', async () => {
    const failing = async function* () {
      yield bytes(12_000_000);
      throw new Error('disk on fire');
    };
    await expect(openBucket(config()).putFile('file', Readable.from(failing()))).rejects.toThrow('disk on fire');
    expect([server.bucket.keys(), server.bucket.uploads.size]).toEqual([[], 0]);
  });

  it('is asked again after 503, and after an answer that was lost', async () => {
    server.failWith(once(({ method }) => method === 'PUT', { kind: 'slow-down' }, 2));
    const bucket = openBucket(config());
    await bucket.putText('a', 'text', { kind: 'absent' });
    server.failWith(once(({ method }) => method === 'PUT', { kind: 'lost-answer' }));
    // Stored the first time: the second finds its own text, and that is no conflict.
    await bucket.putText('b', 'text', { kind: 'absent' });
    await expect(bucket.putText('b', 'other', { kind: 'absent' })).rejects.toThrow(/written by somebody else/);
  });

  it('gives up on a server that only says 503, and on one that never answers', async () => {
    server.failWith(() => ({ kind: 'slow-down' }));
    const impatient = { attempts: 2, stallMs: 200 };
    await expect(openBucket(config(impatient)).putText('a', 'text')).rejects.toThrow(/reduce your request rate/);
    server.failWith(() => ({ kind: 'hang' }));
    await expect(openBucket(config(impatient)).putText('a', 'text')).rejects.toThrow(/time/i);
  });

  it.each<[string, Fault]>([
    ['breaks', { kind: 'cut', afterBytes: 1_000_000 }],
    ['hangs', { kind: 'hang' }],
  ])('goes on reading where a connection %s', async (_name, fault) => {
    const bucket = openBucket(config({ stallMs: 300 }));
    const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));
    await bucket.putFile('file', Readable.from([body]));
    server.failWith(once(({ method }) => method === 'GET', fault, 2));
    expect(sha256(Buffer.concat(await (await bucket.stream('file')).toArray()))).toBe(sha256(body));
  });

  it('keeps what is locked, and locks nothing without a checksum', async () => {
    await server.stop();
    server = await startS3({ hasLock: true });
    const bucket = openBucket(config({ lock: { mode: 'COMPLIANCE', days: 30 } }));
    await bucket.putFile('small', Readable.from([bytes(10)]));
    await bucket.putFile('large', Readable.from([bytes(12_000_000)]));
    for (const name of ['small', 'large']) {
      const [stored] = server.bucket.versionsOf(`bank/${name}`);
      expect(stored?.retention?.mode).toBe('COMPLIANCE');
      // Hiding it is allowed, taking the version away is not, before its time.
      await bucket.delete(name);
      expect(server.bucket.find(`bank/${name}`)).toBeUndefined();
      const remove = () => server.bucket.delete(`bank/${name}`, stored?.versionId);
      expect(remove).toThrow(/protected by object lock/);
    }
    server.shiftClock(31 * 86_400_000);
    const [stored] = server.bucket.versionsOf('bank/small');
    server.bucket.delete('bank/small', stored?.versionId);
    expect(server.bucket.versionsOf('bank/small')).toHaveLength(1);
  });

  it('says what to do about a file in the archive', async () => {
    server.bucket.put('bank/old', bytes(10), { storageClass: 'GLACIER', retention: undefined });
    await expect(openBucket(config()).stream('old')).rejects.toThrow(/archive class.*restore-object/);
  });
});

describe('a writer at the bucket', () => {
  const manifest = '{"any":"text"}';
  const target = (extra: Partial<BucketConfig> = {}) => openBucketTarget(config(extra));

  it('keeps a second one out while it lives, however long that is', async () => {
    const first = await target().openWriter(id(1));
    expect(await target().openWriter(id(2))).toBeUndefined();
    await new Promise((resolve) => void setTimeout(resolve, 900));
    expect(await target().openWriter(id(2))).toBeUndefined();
    await first?.publish(manifest);
    await first?.release();
    const second = await target().openWriter(id(2));
    expect(second?.epoch).toBe((first?.epoch ?? 0) + 1);
    await second?.release();
    expect(await target().listSets()).toEqual([id(1)]);
  });

  it('is one of many that begin at the same moment, with and without a lock to take over', async () => {
    const begin = () => Promise.all([1, 2, 3, 4, 5].map((time) => target().openWriter(id(time))));
    const first = (await begin()).filter((writer) => writer !== undefined);
    expect(first.map(({ epoch }) => epoch)).toEqual([1]);
    await first[0]?.release();
    const second = (await begin()).filter((writer) => writer !== undefined);
    expect(second.map(({ epoch }) => epoch)).toEqual([2]);
    await second[0]?.release();
  });

  it('publishes nothing once another has taken over, and its files go', async () => {
    // Its renewals never arrive: asleep, or cut off.
    const asleep = await target().openWriter(id(1));
    await asleep?.put('database.dump', Readable.from([bytes(4)]));
    const isRenewal = (body: Buffer): boolean => String(body).includes(`"epoch":${asleep?.epoch},`);
    server.failWith((_seen, body) => (isRenewal(body) ? { kind: 'slow-down' } : undefined));
    await new Promise((resolve) => void setTimeout(resolve, 500));
    const second = await target().openWriter(id(2));
    server.failWith(undefined);
    expect(second?.epoch).toBe((asleep?.epoch ?? 0) + 1);
    await expect(asleep?.publish(manifest)).rejects.toThrow(FencedError);
    await second?.publish(manifest);
    await second?.release();
    expect(await target().listSets()).toEqual([id(2)]);
    expect(server.bucket.keys().filter((key) => key.startsWith('bank/sets/'))).toEqual([]);
  });

  it('publishes nothing even when it had the lock a moment before its last write', async () => {
    let overtake = async (): Promise<void> => undefined;
    const sleeping = openBucketTarget(config({ leaseMs: 60_000 }), async (step) => {
      if (step === 'write-manifest') await overtake();
    });
    const first = await sleeping.openWriter(id(1));
    overtake = async () => {
      // As if the lease had run out: the lock as its last holder left it, of an earlier time.
      const lock = server.bucket.find('bank/locks/writer.json');
      const body = { ...JSON.parse(String(lock?.body)), leaseMs: 50 };
      server.bucket.put('bank/locks/writer.json', Buffer.from(JSON.stringify(body)), { storageClass: 'STANDARD', retention: undefined });
      await (await target().openWriter(id(2)))?.release();
    };
    await expect(first?.publish(manifest)).rejects.toThrow(FencedError);
    expect(await target().listSets()).toEqual([]);
  });

  it('will not work on a server that ignores conditions', async () => {
    const deaf = server.bucket.check.bind(server.bucket);
    server.bucket.check = () => undefined;
    await expect(target().openWriter(id(1))).rejects.toThrow(/ignores "If-None-Match"/);
    server.bucket.check = deaf;
  });

  it.each<[string, Fault]>([
    ['is cut short as if it were whole', { kind: 'short', bytes: 100 }],
  ])('is found out when a body %s', async (_name, fault) => {
    const writer = await target().openWriter(id(1));
    await writer?.put('database.dump', Readable.from([bytes(10_000)]));
    const file = { name: 'database.dump', sizeBytes: 10_000, sha256: sha256(bytes(10_000)) };
    const { renderManifest } = await import('../../backup/src/manifest.ts');
    const at = new Date().toISOString();
    await writer?.publish(
      renderManifest({
        formatVersion: 2,
        id: id(1),
        epoch: 1,
        startedAt: at,
        completedAt: at,
        recoveryPoint: { time: at, lsn: '0/0' },
        database: { name: 'bank', serverVersion: '15', rows: {} },
        uploads: { kind: 'not-included', referenced: 0 },
        files: [file],
      }),
    );
    await writer?.release();
    expect(await verifySet(target(), id(1))).toMatchObject({ kind: 'verified' });
    server.failWith(({ method, key }) => (method === 'GET' && key.endsWith('.dump') ? fault : undefined));
    expect(await verifySet(target(), id(1))).toMatchObject({
      kind: 'damaged',
      reason: expect.stringMatching(/has 100 bytes instead of 10000/),
    });
  });
});

describe('the program', () => {
  let postgres: PrivatePostgres;
  let stage: BackupStage;
  beforeAll(async () => {
    postgres = await openServer();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    stage = await openStage(postgres);
    mkdirSync(secrets, { recursive: true });
    writeFileSync(join(secrets, 'access-key-id'), server.credentials.accessKeyId);
    writeFileSync(join(secrets, 'secret-access-key'), server.credentials.secretAccessKey);
  });
  afterEach(async () => {
    await stopPrograms();
    stage.close();
  });

  const bucketEnv = (extra: Record<string, string> = {}): Record<string, string> => ({
    BACKUP_S3_BUCKET: 'backups',
    BACKUP_S3_PREFIX: 'bank',
    BACKUP_S3_ENDPOINT: server.endpoint,
    BACKUP_S3_REGION: server.credentials.region,
    BACKUP_S3_CREDENTIALS_DIR: secrets,
    BACKUP_S3_LEASE_SECONDS: '1',
    BACKUP_STALL_SECONDS: '2',
    BACKUP_S3_ATTEMPTS: '3',
    ...extra,
  });
  const onlyBucket = (extra: Record<string, string> = {}) => bucketEnv({ BACKUP_DIR: '', ...extra });
  const published = async (): Promise<readonly string[]> => openBucketTarget(config()).listSets();
  const until = (step: string): Promise<Ended> =>
    runProgram(join(import.meta.dirname, 'backup-until.ts'), { args: [step], env: stage.env(onlyBucket()) });

  it('publishes to the bucket alone, and the drill restores from there', async () => {
    await stage.upload('a document');
    expect(report(await stage.run(['run'], onlyBucket()))).toMatchObject({ kind: 'published' });
    expect(report(await stage.run(['drill'], onlyBucket()))).toMatchObject({ kind: 'passed', uploads: 1 });
    const [newest = ''] = await published();
    const dump = server.bucket.find(`bank/sets/${newest}/database.dump`);
    if (dump === undefined) throw new Error('no dump');
    const harmed = Buffer.from(dump.body);
    harmed[1_000] = (harmed[1_000] ?? 0) ^ 1;
    server.bucket.put(dump.key, harmed, { storageClass: 'STANDARD', retention: undefined });
    const failed = await stage.run(['drill'], onlyBucket());
    expect(failed.code).toBe(1);
    expect(report(failed)).toMatchObject({ problems: [expect.stringMatching(/sha256 differs/)] });
  });

  it('copies from the volume, and makes good what a night without the bucket left out', async () => {
    server.failWith(() => ({ kind: 'slow-down' }));
    const alone = await stage.run(['run'], bucketEnv());
    expect(alone.code).toBe(1);
    expect(report(alone)).toMatchObject({
      kind: 'published',
      copies: [{ target: 's3://backups/bank/', error: expect.stringMatching(/reduce your request rate/) }],
    });
    server.failWith(undefined);
    const both = await stage.run(['run'], bucketEnv());
    expect(both.code).toBe(0);
    expect((await published()).toReversed()).toEqual(stage.sets());
    expect(report(await stage.run(['drill', '--from', 'bucket'], bucketEnv()))).toMatchObject({ kind: 'passed' });
  });

  it('B6: a second run at the same time is refused by the lock in the bucket', async () => {
    let goOn = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    server.failWith(once(({ key }) => key.endsWith('database.dump'), { kind: 'held', until }));
    const patient = onlyBucket({ BACKUP_STALL_SECONDS: '60' });
    const first = startProgram(entries.backup, { args: ['run'], env: stage.env(patient) });
    await waitFor(
      'the first run to store its dump',
      async () => server.seen.find(({ key }) => key.endsWith('database.dump')),
      first,
    );
    const second = await stage.run(['run'], patient);
    expect([second.code, report(second)]).toEqual([0, { command: 'run', kind: 'busy' }]);
    goOn();
    expect(report(await first.ended)).toMatchObject({ kind: 'published' });
    expect(await published()).toHaveLength(1);
  });

  it.each(['uploads', 'write-manifest', 'published'])(
    'killed at %s leaves only whole sets in the bucket, and the next run goes on',
    async (step) => {
      await stage.upload('a document');
      expect((await until(step)).signal).toBe('SIGKILL');
      const isPublished = step === 'published';
      expect(await published()).toHaveLength(isPublished ? 1 : 0);
      expect(report(await stage.run(['run'], onlyBucket()))).toMatchObject({ kind: 'published' });
      const sets = await published();
      expect(sets).toHaveLength(isPublished ? 2 : 1);
      // Nothing is left of what was begun.
      const folders = new Set(server.bucket.keys().map((key) => /^bank\/sets\/([^/]+)/.exec(key)?.[1]));
      expect([...folders].filter(Boolean).toSorted()).toEqual(sets.toSorted());
    },
  );

  it('tells the owner of the bucket which lifecycle to give it', async () => {
    const ended = await stage.run(['lifecycle'], onlyBucket({ BACKUP_S3_COLD_CLASS: 'GLACIER' }));
    const move = { Transitions: [{ Days: 42, StorageClass: 'GLACIER' }] };
    expect(report(ended)).toMatchObject({ Rules: [{ Filter: { Prefix: 'bank/' } }, move] });
  });
});
