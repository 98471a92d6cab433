import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { describe, expect, it } from '@jest/globals';

import { limitedStream, withStallLimit } from './stall-limit.ts';
import { StallError } from './stall.ts';
import type { Target, Writer } from './target.ts';

const never = new Promise<never>(() => undefined);
const limit = { ms: 40, what: 'volume' };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** A target whose writer reads a source at some pace. */
function targetThat(put: (source: Readable) => Promise<unknown>): Target {
  const writer = { put: (_file: string, source: Readable) => put(source) } as unknown as Writer;
  return { name: 'volume', freeBytes: async () => 1, openWriter: async () => writer } as unknown as Target;
}

const putInto = async (target: Target, source: Readable): Promise<unknown> =>
  (await withStallLimit(target, limit.ms).openWriter('id'))?.put('file', source);

describe('a stall', () => {
  it('is a question that is not answered', async () => {
    const target = withStallLimit({ name: 'volume', listSets: () => never } as unknown as Target, 20);
    await expect(target.listSets()).rejects.toThrow(/volume has not answered for 0.02 s/);
  });

  it('is a chunk that does not come, not a file that takes long', async () => {
    const slow = async function* () {
      for (let at = 0; at < 4; at += 1) {
        await sleep(20);
        yield Buffer.from('x');
      }
    };
    expect(String(Buffer.concat(await limitedStream(Readable.from(slow()), limit).toArray()))).toBe('xxxx');
    const stuck = new Readable({ read: () => undefined });
    await expect(limitedStream(stuck, limit).toArray()).rejects.toThrow(StallError);
    expect(stuck.destroyed).toBe(true);
  });

  it('is a write that takes nothing any more, not a source that has nothing to give', async () => {
    const thinking = async function* () {
      yield Buffer.from('a');
      await sleep(100);
      yield Buffer.from('b');
    };
    const reading = targetThat(async (source) => (await source.toArray()).length);
    await expect(putInto(reading, Readable.from(thinking()))).resolves.toBe(2);
    const hanging = targetThat(async (source) => {
      const sink = new Writable({ highWaterMark: 1, write: () => undefined });
      await pipeline(source, sink);
    });
    const two = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    await expect(putInto(hanging, two)).rejects.toThrow(StallError);
  });

  it('is not what a write fails with: the source is let go', async () => {
    const failing = targetThat(async (source) => {
      for await (const _chunk of source) throw new Error('disk full');
    });
    const source = Readable.from(
      (function* () {
        for (;;) yield Buffer.from('x');
      })(),
    );
    await expect(putInto(failing, source)).rejects.toThrow('disk full');
    await sleep(0);
    expect(source.destroyed).toBe(true);
  });
});
