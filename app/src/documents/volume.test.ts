// Documents on a volume: whole or not at all, under their hash and nowhere else.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { pathOf } from './blobs.ts';
import type { Blobs } from './blobs.ts';
import { receiveUpload } from './receive.ts';
import { openVolume } from './volume.ts';

let dir = '';
let blobs: Blobs;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'uploads-'));
  blobs = await openVolume(dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const pdf = (size: number): Buffer => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(size, 7)]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const receive = (chunks: Iterable<Buffer> | AsyncIterable<Buffer>, more: object = {}) =>
  receiveUpload(Readable.from(chunks, { objectMode: false }), {
    dir: blobs.incomingDir,
    maxBytes: 100_000,
    type: 'application/pdf',
    expectedSha256: undefined,
    ...more,
  });
const incoming = (): string[] => readdirSync(join(dir, '.incoming'));

async function keep(bytes: Buffer): Promise<string> {
  const { file, ...blob } = await receive([bytes]);
  await blobs.publish(file, blob);
  return blob.sha256;
}

describe('an upload', () => {
  it('is hashed and measured as it comes, in whatever pieces', async () => {
    const bytes = pdf(5_000);
    const pieces = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
    const { file, ...blob } = await receive(pieces);
    expect(blob).toEqual({ sha256: sha256(bytes), sizeBytes: bytes.length });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it.each<[string, Buffer, object, string]>([
    ['what is too large', pdf(100_001), {}, 'body-too-large'],
    ['nothing', Buffer.alloc(0), {}, 'document-type-mismatch'],
    ['less than a signature', Buffer.from('%PDF'), {}, 'document-type-mismatch'],
    ['a program that says it is a PDF', Buffer.from('\x7fELF0000000'), {}, 'document-type-mismatch'],
    ['a PDF that says it is a PNG', pdf(10), { type: 'image/png' }, 'document-type-mismatch'],
    ['another hash than was said', pdf(10), { expectedSha256: 'a'.repeat(64) }, 'digest-mismatch'],
  ])('is refused, and nothing stays behind: %s', async (...[, bytes, more, code]) => {
    await expect(receive([bytes], more)).rejects.toMatchObject({ code });
    expect(incoming()).toEqual([]);
  });

  it('that is cut off leaves nothing behind', async () => {
    async function* cut() {
      yield pdf(10);
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    }
    await expect(receive(cut())).rejects.toMatchObject({ code: 'upload-incomplete' });
    expect(incoming()).toEqual([]);
  });

  it('onto a folder that is gone is our fault, not the sender’s', async () => {
    rmSync(join(dir, '.incoming'), { recursive: true });
    await expect(receive([pdf(10)])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a volume', () => {
  it('keeps documents as <first two hex digits>/<sha256>', async () => {
    const bytes = pdf(100);
    const name = await keep(bytes);
    expect(readFileSync(join(dir, name.slice(0, 2), name)).equals(bytes)).toBe(true);
    expect(incoming()).toEqual([]);
    const stream = await blobs.open(name);
    expect(stream === undefined ? undefined : sha256(await buffer(stream))).toBe(name);
  });

  it('keeps the same bytes once, whoever sends them at once', async () => {
    const names = await Promise.all(Array.from({ length: 8 }, () => keep(pdf(100))));
    expect(new Set(names).size).toBe(1);
    expect(readdirSync(dir).filter((name) => name !== '.incoming')).toHaveLength(1);
  });

  it('knows nothing of a hash that nobody sent', async () => {
    expect(await blobs.open('0'.repeat(64))).toBeUndefined();
  });

  it('has no way out: only hashes are names', () => {
    expect(pathOf('ab'.repeat(32))).toBe(`ab/${'ab'.repeat(32)}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constant('../'.repeat(20))), (name) => {
        expect(() => pathOf(name)).toThrow('64 hex digits');
      }),
    );
  });

  it('removes what a dead process has left half written, not what is under way', async () => {
    const [old, fresh] = [join(dir, '.incoming', 'old.part'), join(dir, '.incoming', 'new.part')];
    for (const file of [old, fresh]) writeFileSync(file, 'x');
    utimesSync(old, new Date(0), new Date(0));
    await openVolume(dir);
    expect(existsSync(old)).toBe(false);
    expect(statSync(fresh).isFile()).toBe(true);
  });
});
