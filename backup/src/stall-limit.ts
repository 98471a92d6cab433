// A target that may hang, such as an NFS share whose server is gone, made one that fails instead. What
// counts is progress: a large file may take hours, but no single chunk of it.
import { Readable } from 'node:stream';

import { answersWithin, stalled } from './stall.ts';
import type { Limit } from './stall.ts';
import type { Held, Target, Writer } from './target.ts';

/* What walks through many files is given more time than what asks one question. */
const patience = 10;

/** Every call and every chunk is given `ms`; then StallError. */
export function withStallLimit(target: Target, ms: number): Target {
  const limit: Limit = { ms, what: target.name };
  const long: Limit = { ms: patience * ms, what: target.name };
  return {
    name: target.name,
    rereads: target.rereads,
    listSets: () => answersWithin(target.listSets(), limit),
    read: async (id, file) =>
      limitedStream(await answersWithin(target.read(id, file), limit), limit),
    sizes: (id) => answersWithin(target.sizes(id), long),
    freeBytes: () => answersWithin(target.freeBytes(), limit),
    listNotes: (folder) => answersWithin(target.listNotes(folder), limit),
    readNote: (folder, name) => answersWithin(target.readNote(folder, name), limit),
    writeNote: (folder, note) => answersWithin(target.writeNote(folder, note), limit),
    openWriter: async (id) => {
      // The first question is a short one; clearing away what others left may take longer.
      await answersWithin(target.freeBytes().catch(ignoreMissing), limit);
      const writer = await answersWithin(target.openWriter(id), long);
      return writer === undefined ? undefined : limitedWriter(writer, { limit, long });
    },
    lockDrills: (): Promise<Held | undefined> => answersWithin(target.lockDrills(), limit),
  };
}

function limitedWriter(writer: Writer, { limit, long }: { limit: Limit; long: Limit }): Writer {
  return {
    epoch: writer.epoch,
    put: (file, source) => {
      const { stream, stall, done } = watched(source, limit);
      return Promise.race([writer.put(file, stream), stall]).finally(done);
    },
    read: async (file) => limitedStream(await answersWithin(writer.read(file), limit), limit),
    publish: (manifest) => answersWithin(writer.publish(manifest), long),
    discard: () => answersWithin(writer.discard(), long),
    remove: (id) => answersWithin(writer.remove(id), long),
    release: () => answersWithin(writer.release(), limit),
  };
}

/** Fails when a chunk does not come in time. */
export function limitedStream(source: Readable, limit: Limit): Readable {
  const chunks = async function* (): AsyncGenerator<Buffer> {
    const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      for (;;) {
        const { done, value } = await answersWithin(iterator.next(), limit);
        if (done === true) return;
        yield value;
      }
    } finally {
      source.destroy();
    }
  };
  return Readable.from(chunks(), { objectMode: false });
}

interface Watched {
  readonly stream: Readable;
  /** Rejects when whoever reads the stream has not asked for more in time. */
  readonly stall: Promise<never>;
  readonly done: () => void;
}

/** The time in which the source has nothing to give does not count: pg_dump may think for long. */
function watched(source: Readable, limit: Limit): Watched {
  let isWithSource = false;
  let movedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const stall = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (isWithSource || performance.now() - movedAt < limit.ms) return;
      clearInterval(timer);
      reject(stalled(limit));
    }, limit.ms / 4);
  });
  const chunks = async function* (): AsyncGenerator<Buffer> {
    const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      for (;;) {
        isWithSource = true;
        const { done, value } = await iterator.next();
        isWithSource = false;
        movedAt = performance.now();
        if (done === true) return;
        yield value;
      }
    } finally {
      // Whoever writes into it, such as pg_dump, would wait for ever.
      source.destroy();
    }
  };
  const stream = Readable.from(chunks(), { objectMode: false, highWaterMark: 1 });
  return { stream, stall, done: () => clearInterval(timer) };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
