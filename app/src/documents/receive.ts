// Reads an upload into a file of its own: hashed, measured and checked on the way, never in memory whole.
import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { Problem } from '../domain/problem.ts';
import { looksLike, signatureBytes } from './content-type.ts';
import type { DocumentType } from './content-type.ts';
import { errorCodeOf } from './error-code.ts';

export interface UploadLimits {
  readonly dir: string;
  readonly maxBytes: number;
  readonly type: DocumentType;
  /** What the client says the hash is, 64 hex digits. */
  readonly expectedSha256: string | undefined;
}

export interface ReceivedFile {
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * The file is on disk when this resolves; whoever takes it moves or removes it. Throws a Problem, and
 * then leaves nothing behind.
 */
export async function receiveUpload(source: Readable, limits: UploadLimits): Promise<ReceivedFile> {
  const file = join(limits.dir, `${randomUUID()}.part`);
  try {
    return { file, ...(await writeDown(source, file, limits)) };
  } catch (error) {
    await rm(file, { force: true });
    source.resume();
    throw toProblem(error);
  }
}

async function writeDown(
  source: Readable,
  file: string,
  { maxBytes, type, expectedSha256 }: UploadLimits,
): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let start = Buffer.alloc(0);
  const handle = await open(file, 'wx', 0o640);
  try {
    // Not destroyed when we stop early: the answer has to go out on the same connection.
    const chunks: AsyncIterable<Buffer> = source.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      if (start.length < signatureBytes) {
        start = Buffer.concat([start, chunk]).subarray(0, signatureBytes);
        if (start.length === signatureBytes) requireType(type, start);
      }
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    // Shorter than a signature: not enough to be anything.
    if (start.length < signatureBytes) throw new Problem('document-type-mismatch');
    await handle.sync();
  } finally {
    await handle.close();
  }
  const sha256 = hash.digest('hex');
  if (expectedSha256 !== undefined && expectedSha256 !== sha256)
    throw new Problem('digest-mismatch', { detail: `The bytes that came have sha256 ${sha256}` });
  return { sha256, sizeBytes };
}

export function tooLarge(maxBytes: number): Problem {
  return new Problem('body-too-large', { detail: `At most ${maxBytes} bytes` });
}

function requireType(type: DocumentType, start: Buffer): void {
  if (!looksLike(type, start))
    throw new Problem('document-type-mismatch', { detail: `The bytes are no ${type}` });
}

const fullDisk = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ESTALE']);
const cutOff = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

function toProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const code = errorCodeOf(error);
  if (fullDisk.has(code))
    return new Problem('storage-unavailable', { retryAfterSeconds: 30, cause: error });
  return cutOff.has(code) ? new Problem('upload-incomplete', { cause: error }) : error;
}
