// Sealed files: AES-256-GCM in chunks, so that a stream of any size is read in bounded memory and no byte
// is handed on before it is authenticated.
//
//   magic "SLIPSEAL1\n" | chunk 0 | chunk 1 | ... | last chunk       chunk = ciphertext, 16 bytes of tag
//
// A chunk's nonce is its number and whether it is the last one: a chunk that is moved, repeated or left
// out does not open, nor does a file that ends early. Each file has a key of its own, so nonces never
// repeat under one key and no file passes for another.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { Readable } from 'node:stream';

const magic = Buffer.from('SLIPSEAL1\n');
const tagBytes = 16;

/** Something in a sealed file is not what was sealed with this key. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

export interface Seal {
  /** 32 bytes. */
  readonly key: Buffer;
  /** Bytes of content in each chunk but the last. */
  readonly chunkBytes: number;
  /** For errors. */
  readonly file: string;
}

/** The key of one purpose, derived from a set's key. */
export function deriveKey(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `slipway backup ${purpose}`, 32));
}

export function seal(source: Readable, options: Seal): Readable {
  return Readable.from(sealed(source, options), { objectMode: false });
}

/** Fails with SealError while it is read. */
export function unseal(source: Readable, options: Seal): Readable {
  return Readable.from(unsealed(source, options), { objectMode: false });
}

async function* sealed(source: Readable, { key, chunkBytes }: Seal): AsyncGenerator<Buffer> {
  yield magic;
  for await (const { bytes, number, isLast } of chunked(source, chunkBytes)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast));
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

async function* unsealed(source: Readable, { key, chunkBytes, file }: Seal): AsyncGenerator<Buffer> {
  let isBegun = false;
  for await (const { bytes, number, isLast } of chunked(source, chunkBytes + tagBytes, magic.length)) {
    if (!isBegun) {
      if (!bytes.equals(magic)) throw new SealError(`${file} is no sealed file`);
      isBegun = true;
      if (isLast) throw new SealError(`${file} ends before its first chunk`);
      continue;
    }
    yield openChunk(bytes, { key, file, number: number - 1, isLast });
  }
}

interface OneChunk {
  readonly key: Buffer;
  readonly file: string;
  readonly number: number;
  readonly isLast: boolean;
}

function openChunk(bytes: Buffer, { key, file, number, isLast }: OneChunk): Buffer {
  if (bytes.length < tagBytes) throw new SealError(`${file} ends in the middle of chunk ${number}`);
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]);
  } catch (error) {
    const why = isLast ? 'changed, or the file was cut off there' : 'changed, moved or of another file';
    throw new SealError(`chunk ${number} of ${file} does not open: it was ${why}`, { cause: error });
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 3);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

interface Chunk {
  readonly bytes: Buffer;
  readonly number: number;
  readonly isLast: boolean;
}

/** Pieces of equal size, the first one of another if asked for; there is always a last one. */
async function* chunked(source: Readable, size: number, first = size): AsyncGenerator<Chunk> {
  let waiting: Buffer[] = [];
  let held = 0;
  let number = 0;
  const wanted = (): number => (number === 0 ? first : size);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    waiting.push(chunk);
    held += chunk.length;
    // More than one piece, not exactly one: whether a piece is the last is known when another follows.
    while (held > wanted()) {
      const all = Buffer.concat(waiting);
      const bytes = all.subarray(0, wanted());
      waiting = [all.subarray(bytes.length)];
      held -= bytes.length;
      yield { bytes, number, isLast: false };
      number += 1;
    }
  }
  yield { bytes: Buffer.concat(waiting), number, isLast: true };
}
