import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { readKeyRing } from './key-ring.ts';
import type { Manifest } from './manifest.ts';
import { seal, unseal } from './sealing.ts';
import { newCipher, openCipher } from './set-cipher.ts';

const options = { key: randomBytes(32), chunkBytes: 8, file: 'set/file' };
const all = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray());
const sealed = (content: Buffer): Promise<Buffer> => all(seal(Readable.from([content]), options));
const opened = (stored: Buffer, key = options.key): Promise<Buffer> =>
  all(unseal(Readable.from([stored]), { ...options, key }));
const [magicBytes, sealedChunk] = [10, 8 + 16];

const contents = fc.uint8Array({ maxLength: 60 });
const steps = fc.integer({ min: 1, max: 40 });

describe('a sealed file', () => {
  it('opens to what was sealed, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(contents, steps, async (drawn, step) => {
        const content = Buffer.from(drawn);
        const stored = await sealed(content);
        const pieces = Array.from({ length: Math.ceil(stored.length / step) }, (_, at) =>
          stored.subarray(at * step, (at + 1) * step),
        );
        expect(await all(unseal(Readable.from(pieces), options))).toEqual(content);
      }),
      { numRuns: 50 },
    );
  });

  it.each([0, 7, 8, 9, 16, 17])('of %d bytes does not open changed or cut off', async (size) => {
    const stored = await sealed(randomBytes(size));
    for (let at = 0; at < stored.length; at += 1) {
      const changed = Buffer.from(stored);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await expect(opened(changed)).rejects.toThrow(/does not open|no sealed file/);
      await expect(opened(stored.subarray(0, at))).rejects.toThrow(/does not open|ends|no sealed file/);
    }
    await expect(opened(Buffer.concat([stored, Buffer.from('x')]))).rejects.toThrow(/does not open|ends/);
  });

  it('does not open with chunks in another order, one twice, or one left out', async () => {
    const stored = await sealed(randomBytes(32));
    const head = stored.subarray(0, magicBytes);
    const chunk = (at: number): Buffer =>
      stored.subarray(magicBytes + at * sealedChunk, magicBytes + (at + 1) * sealedChunk);
    for (const order of [[1, 0, 2, 3], [0, 0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2, 3, 3]]) {
      const shuffled = Buffer.concat([head, ...order.map(chunk)]);
      await expect(opened(shuffled)).rejects.toThrow(/does not open/);
    }
  });

  it('does not open with another key', async () => {
    const stored = await sealed(randomBytes(20));
    await expect(opened(stored, randomBytes(32))).rejects.toThrow(/chunk 0 of set\/file/);
  });
});

describe('the keys', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'keys-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const put = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  const ring = (extra: Record<string, string> = {}) => readKeyRing({ BACKUP_KEYS_DIR: dir, ...extra });

  const manifest: Manifest = {
    formatVersion: 2,
    id: '20261121T083900123Z-1f2e',
    epoch: 3,
    startedAt: '2026-11-21T08:39:00.123Z',
    completedAt: '2026-11-21T08:39:01.000Z',
    recoveryPoint: { time: '2026-11-21T08:39:00.200Z', lsn: '0/1A2B3C' },
    database: { name: 'bank', serverVersion: '15.18', rows: { account: 2 } },
    uploads: { kind: 'not-included', referenced: 0 },
    files: [{ name: 'database.dump', sizeBytes: 12, sha256: 'ab'.repeat(32) }],
  };

  it('are read from files, the last of which seals, unless one is named', () => {
    put('2025', randomBytes(32).toString('hex'));
    const old = ring();
    put('2026', `${randomBytes(32).toString('base64')}\n`);
    expect(ring()?.all).toHaveLength(2);
    expect(ring()?.current).not.toEqual(old?.current);
    expect(ring({ BACKUP_KEY: '2025' })?.current).toEqual(old?.current);
    expect(old?.current.id).toMatch(/^[0-9a-f]{16}$/);
    expect(readKeyRing({})).toBeUndefined();
  });

  it('open older sets after a change of key, and a lost one is named', async () => {
    put('2025', randomBytes(32).toString('hex'));
    const old = ring();
    const cipher = newCipher(manifest.id, old);
    const signed = cipher.sign(manifest);
    const stored = await all(cipher.seal('database.dump', Readable.from([Buffer.from('rows')])));
    put('2026', randomBytes(32).toString('hex'));
    const reader = openCipher(signed, ring());
    expect(String(await all(reader.open('database.dump', Readable.from([stored]))))).toBe('rows');
    // A file does not pass for another one of the same set.
    await expect(all(reader.open('uploads/ab/cd', Readable.from([stored])))).rejects.toThrow(/does not open/);
    rmSync(join(dir, '2025'));
    expect(() => openCipher(signed, ring())).toThrow(
      `set ${manifest.id} is sealed with key ${old?.current.id}, and ${dir} has only ${ring()?.current.id}`,
    );
    expect(() => openCipher(signed, undefined)).toThrow(/set BACKUP_KEYS_DIR/);
  });

  it('notice a changed manifest and a wrapped key of another set', () => {
    put('2025', randomBytes(32).toString('hex'));
    const signed = newCipher(manifest.id, ring()).sign(manifest);
    const other = newCipher('20261121T083900123Z-0000', ring()).sign(manifest);
    expect(() => openCipher({ ...signed, epoch: 4 }, ring())).toThrow(/somebody changed it/);
    expect(() => openCipher(other, ring())).toThrow(/does not open set/);
  });

  it.each([
    { name: 'nothing', text: '', want: /has no keys.*openssl rand/ },
    { name: 'a short key', text: 'YWJj', want: /32 bytes in base64 or hex and has 3/ },
    { name: 'another name', text: 'ab'.repeat(32), want: /no file "2024", only key/ },
  ])('refuse $name', ({ name, text, want }) => {
    if (text !== '') put('key', text);
    expect(() => ring(name === 'another name' ? { BACKUP_KEY: '2024' } : {})).toThrow(want);
  });

  it('refuse a folder that is not there', () => {
    expect(() => readKeyRing({ BACKUP_KEYS_DIR: join(dir, 'none') })).toThrow(/cannot be read. Mount the Secret/);
  });
});
