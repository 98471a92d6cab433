// Writes tar archives that are the same bytes every time: names as given, time 0, owner 0.

import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';

export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'text'; readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly from: string; readonly mode?: number };

const BLOCK = 512;
const CHUNK = 1 << 20;

/** Appends bytes somewhere. */
export type Sink = (bytes: Uint8Array) => void;

/** Writes a whole archive. Paths are relative, folders come before what they hold. */
export const writeTar = (entries: readonly TarEntry[], sink: Sink): void => {
  for (const entry of entries) writeEntry(entry, sink);
  sink(new Uint8Array(2 * BLOCK));
};

/** Writes an archive to a file. */
export const writeTarFile = (path: string, entries: readonly TarEntry[]): void => {
  const file = openSync(path, 'w', 0o600);
  try {
    writeTar(entries, (bytes) => writeAll(file, bytes));
  } finally {
    closeSync(file);
  }
};

export const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
};

const writeEntry = (entry: TarEntry, sink: Sink): void => {
  switch (entry.kind) {
    case 'folder': {
      sink(header({ path: `${entry.path}/`, mode: entry.mode ?? 0o755, sizeBytes: 0, type: '5' }));
      return;
    }
    case 'text': {
      const content = Buffer.from(entry.text, 'utf8');
      sink(header({ path: entry.path, mode: entry.mode ?? 0o644, sizeBytes: content.length, type: '0' }));
      sink(content);
      sink(padding(content.length));
      return;
    }
    case 'file': {
      const { size } = statSync(entry.from);
      sink(header({ path: entry.path, mode: entry.mode ?? 0o644, sizeBytes: size, type: '0' }));
      copy(entry.from, sink);
      sink(padding(size));
      return;
    }
    default: {
      entry satisfies never;
    }
  }
};

const copy = (path: string, sink: Sink): void => {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(CHUNK);
  try {
    for (;;) {
      const count = readSync(file, buffer, 0, CHUNK, null);
      if (count === 0) return;
      sink(buffer.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
};

const padding = (sizeBytes: number): Uint8Array => new Uint8Array((BLOCK - (sizeBytes % BLOCK)) % BLOCK);

type Header = {
  readonly path: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly type: '0' | '5';
};

const header = ({ path, mode, sizeBytes, type }: Header): Uint8Array => {
  if (Buffer.byteLength(path) > 100) throw new Error(`a path in a tar has at most 100 bytes: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(path, 0, 'utf8');
  block.write(octal(mode, 8), 100, 'ascii');
  block.write(octal(0, 8), 108, 'ascii');
  block.write(octal(0, 8), 116, 'ascii');
  block.write(octal(sizeBytes, 12), 124, 'ascii');
  block.write(octal(0, 12), 136, 'ascii');
  block.write(' '.repeat(8), 148, 'ascii');
  block.write(type, 156, 'ascii');
  block.write('ustar\u000000', 257, 'ascii');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
};
