// Documents in a bucket of S3 or anything that speaks like it, under the same names as on a volume.
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

import type { BucketConfig } from '../config.ts';
import { Problem } from '../domain/problem.ts';
import { pathOf } from './blobs.ts';
import type { Blobs } from './blobs.ts';

const attempts = 3;
const firstPauseMs = 50;
const timeoutMs = 10_000;

/**
 * An upload is first a local file, so that its hash is known before the bucket hears of it; the bucket
 * checks the hash, and shows an object whole or not at all.
 */
export async function openBucketBlobs(config: BucketConfig): Promise<Blobs> {
  const incomingDir = join(tmpdir(), 'ledger-incoming');
  await mkdir(incomingDir, { recursive: true });
  const client = createClient(config);
  const place = (sha256: string) => ({
    Bucket: config.bucket,
    Key: `${config.prefix}${pathOf(sha256)}`,
  });
  return {
    incomingDir,
    publish: async (file, { sha256, sizeBytes }) => {
      const object = {
        ...place(sha256),
        ContentLength: sizeBytes,
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      };
      await putAgain(() =>
        client.send(new PutObjectCommand({ ...object, Body: createReadStream(file) })),
      );
      await rm(file, { force: true });
    },
    open: async (sha256) => {
      try {
        const { Body } = await client.send(new GetObjectCommand(place(sha256)));
        return Body instanceof Readable ? Body : undefined;
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        throw storageProblem(error);
      }
    },
  };
}

const ignore = (): void => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function createClient({ endpoint, region, credentials }: BucketConfig): S3Client {
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: attempts,
    // It would write lines of its own between ours; what matters of them is in the error.
    logger: silent,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}

/** The SDK does not send a stream twice, so each attempt opens its own. The same bytes twice are fine. */
async function putAgain(put: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await put();
      return;
    } catch (error) {
      if (attempt >= attempts) throw storageProblem(error);
      await sleep(firstPauseMs * 2 ** attempt);
    }
  }
}

/** The sender can do nothing about it but come back; the log has the reason. */
function storageProblem(error: unknown): Problem {
  return new Problem('storage-unavailable', { retryAfterSeconds: 30, cause: error });
}

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
}
