// The few calls on a bucket that sets need, with the SDK's signatures and retries underneath. Every body
// is sent with its sha256, and reading goes on where a connection broke.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { ObjectLockMode, StorageClass } from '@aws-sdk/client-s3';

import type { Digest } from './durable.ts';
import { MissingFileError } from './target.ts';

export interface BucketConfig {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Undefined: Amazon's own, by region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Undefined: what the SDK finds, such as the pod's identity. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Of the files of sets. */
  readonly storageClass: string;
  /** Undefined: nothing is locked by us. */
  readonly lock: { readonly mode: string; readonly days: number } | undefined;
  /** A writer that has been silent for so long counts as dead. */
  readonly leaseMs: number;
  /** Size of the first parts of a large file. */
  readonly partBytes: number;
  /** How often a request is made before its failure counts; waits grow in between. */
  readonly attempts: number;
  /** A request without any progress for so long has failed. */
  readonly stallMs: number;
}

export type Condition = { readonly kind: 'absent' } | { readonly kind: 'is'; readonly etag: string };

/** The condition of a write did not hold: somebody else was there. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}

export interface Bucket {
  readonly name: string;
  list(prefix: string): Promise<readonly Entry[]>;
  /** Names of folders directly below a prefix. */
  folders(prefix: string): Promise<readonly string[]>;
  /** Throws MissingFileError. */
  stream(key: string): Promise<Readable>;
  /** Undefined when there is none. */
  text(key: string): Promise<{ readonly text: string; readonly etag: string } | undefined>;
  /** Returns the ETag. Throws ConditionError. */
  putText(key: string, text: string, condition?: Condition): Promise<string>;
  /** A file of a set: in parts when large, in the configured class and under the configured lock. */
  putFile(key: string, source: Readable): Promise<Digest>;
  delete(key: string): Promise<void>;
  abortUploads(prefix: string): Promise<void>;
}

export interface Entry {
  readonly key: string;
  readonly sizeBytes: number;
}

const maxReadFailures = 5;
const maxPartBytes = 33_554_432;
const maxTextBytes = 134_217_728;

export function openBucket(config: BucketConfig): Bucket {
  const client = new S3Client({
    region: config.region,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint, forcePathStyle: true }),
    ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
    maxAttempts: config.attempts,
    // We send a sha256 of our own with each body, and check what we read against the manifest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Of silence, not of the whole request: a large part on a slow line takes its time.
    requestHandler: { connectionTimeout: config.stallMs, socketTimeout: config.stallMs },
  });
  return new SdkBucket(client, config);
}

class SdkBucket implements Bucket {
  readonly name: string;
  private readonly client: S3Client;
  private readonly config: BucketConfig;

  constructor(client: S3Client, config: BucketConfig) {
    this.client = client;
    this.config = config;
    this.name = `s3://${config.bucket}/${config.prefix}`;
  }

  async list(prefix: string): Promise<readonly Entry[]> {
    const found: Entry[] = [];
    for await (const page of this.pages(prefix)) {
      for (const { Key, Size } of page.Contents ?? [])
        if (Key !== undefined)
          found.push({ key: Key.slice(this.config.prefix.length), sizeBytes: Size ?? 0 });
    }
    return found;
  }

  async folders(prefix: string): Promise<readonly string[]> {
    const found: string[] = [];
    const from = this.config.prefix.length + prefix.length;
    for await (const page of this.pages(prefix, '/')) {
      for (const { Prefix } of page.CommonPrefixes ?? [])
        if (Prefix !== undefined) found.push(Prefix.slice(from, -1));
    }
    return found;
  }

  private async *pages(prefix: string, delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({
          ...this.at(prefix, 'Prefix'),
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      yield page;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async stream(key: string): Promise<Readable> {
    const first = await this.open(key);
    return Readable.from(this.chunks(key, first), { objectMode: false, highWaterMark: 1_048_576 });
  }

  /** Goes on after a break, of the same object or not at all. */
  private async *chunks(key: string, first: Opened): AsyncGenerator<Buffer> {
    let opened: Opened | undefined = first;
    let at = 0;
    let failures = 0;
    for (;;) {
      try {
        opened ??= await this.open(key, { from: at, etag: first.etag });
        for await (const chunk of opened.body as AsyncIterable<Buffer>) {
          at += chunk.length;
          yield chunk;
        }
        if (at >= first.sizeBytes) return;
        throw new Error(`ended after ${at} of ${first.sizeBytes} bytes`);
      } catch (error) {
        failures += 1;
        if (failures > maxReadFailures || error instanceof MissingFileError)
          throw new Error(`${this.name}${key}: ${messageOf(error)}`, { cause: error });
        await sleep(50 * 2 ** failures);
        opened = undefined;
      }
    }
  }

  private async open(key: string, resume?: { from: number; etag: string }): Promise<Opened> {
    try {
      const answer = await this.client.send(
        new GetObjectCommand({
          ...this.at(key, 'Key'),
          ...(resume === undefined ? {} : { Range: `bytes=${resume.from}-`, IfMatch: resume.etag }),
        }),
      );
      if (!(answer.Body instanceof Readable)) throw new Error('no body');
      return { body: answer.Body, etag: answer.ETag ?? '', sizeBytes: answer.ContentLength ?? 0 };
    } catch (error) {
      const { name } = error as Error;
      if (name === 'NoSuchKey') throw new MissingFileError(`${this.name}${key} is not there`);
      if (name === 'InvalidObjectState')
        throw new Error(
          `${this.name}${key} lies in an archive class and cannot be read at once: ask for it with "aws s3api restore-object" and try again when it is there`,
          { cause: error },
        );
      throw error;
    }
  }

  async text(key: string): Promise<{ text: string; etag: string } | undefined> {
    try {
      const { body, etag, sizeBytes } = await this.open(key);
      if (sizeBytes > maxTextBytes) throw new Error(`${this.name}${key} is larger than 128 MiB`);
      return { text: Buffer.concat(await body.toArray()).toString('utf8'), etag };
    } catch (error) {
      if (error instanceof MissingFileError) return undefined;
      throw error;
    }
  }

  async putText(key: string, text: string, condition?: Condition): Promise<string> {
    const body = Buffer.from(text);
    try {
      const { ETag } = await this.client.send(
        new PutObjectCommand({
          ...this.at(key, 'Key'),
          Body: body,
          ChecksumSHA256: checksum(body),
          ...(condition?.kind === 'absent' ? { IfNoneMatch: '*' } : {}),
          ...(condition?.kind === 'is' ? { IfMatch: condition.etag } : {}),
        }),
      );
      return ETag ?? '';
    } catch (error) {
      if (condition === undefined || !isConditionFailure(error)) throw error;
      // Ours may have arrived, with the answer lost and the request sent again.
      const there = await this.text(key);
      if (there?.text === text) return there.etag;
      throw new ConditionError(`${this.name}${key} was written by somebody else`);
    }
  }

  async putFile(key: string, source: Readable): Promise<Digest> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let upload: MultipartUpload | undefined;
    try {
      for await (const { body, isLast } of parts(source, this.config.partBytes)) {
        hash.update(body);
        sizeBytes += body.length;
        if (isLast && upload === undefined) await this.putWhole(key, body);
        else {
          upload ??= await this.beginUpload(key);
          await this.putPart(upload, body);
        }
      }
      if (upload !== undefined) await this.completeUpload(upload);
      return { sizeBytes, sha256: hash.digest('hex') };
    } catch (error) {
      if (upload !== undefined) await this.abort(upload).catch(() => undefined);
      throw error;
    }
  }

  private async putWhole(key: string, body: Buffer): Promise<void> {
    const place = { ...this.at(key, 'Key'), ...this.fileAttributes() };
    await this.client.send(
      new PutObjectCommand({ ...place, Body: body, ChecksumSHA256: checksum(body) }),
    );
  }

  private async beginUpload(key: string): Promise<MultipartUpload> {
    const place = this.at(key, 'Key');
    const { UploadId } = await this.client.send(
      new CreateMultipartUploadCommand({ ...place, ...this.fileAttributes(), ChecksumAlgorithm: 'SHA256' }),
    );
    if (UploadId === undefined) throw new Error(`${this.name} began an upload without a name for it`);
    return { place: { ...place, UploadId }, parts: [] };
  }

  private async putPart({ place, parts }: MultipartUpload, body: Buffer): Promise<void> {
    const PartNumber = parts.length + 1;
    const ChecksumSHA256 = checksum(body);
    const { ETag } = await this.client.send(
      new UploadPartCommand({ ...place, PartNumber, Body: body, ChecksumSHA256 }),
    );
    parts.push({ PartNumber, ETag, ChecksumSHA256 });
  }

  private async completeUpload({ place, parts }: MultipartUpload): Promise<void> {
    await this.client.send(
      new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts: parts } }),
    );
  }

  private async abort({ place }: MultipartUpload): Promise<void> {
    await this.client.send(new AbortMultipartUploadCommand(place));
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.at(key, 'Key')));
  }

  async abortUploads(prefix: string): Promise<void> {
    const { Uploads = [] } = await this.client.send(
      new ListMultipartUploadsCommand(this.at(prefix, 'Prefix')),
    );
    for (const { Key, UploadId } of Uploads) {
      if (Key === undefined || UploadId === undefined) continue;
      const place = { Bucket: this.config.bucket, Key, UploadId };
      await this.client.send(new AbortMultipartUploadCommand(place)).catch(ignoreMissing);
    }
  }

  private at<Name extends 'Key' | 'Prefix'>(path: string, name: Name) {
    return { Bucket: this.config.bucket, [name]: `${this.config.prefix}${path}` } as {
      Bucket: string;
    } & Record<Name, string>;
  }

  private fileAttributes() {
    const { lock, storageClass } = this.config;
    return {
      StorageClass: storageClass as StorageClass,
      ...(lock === undefined
        ? {}
        : {
            ObjectLockMode: lock.mode as ObjectLockMode,
            ObjectLockRetainUntilDate: new Date(Date.now() + lock.days * 86_400_000),
          }),
    };
  }
}

interface Opened {
  readonly body: Readable;
  readonly etag: string;
  readonly sizeBytes: number;
}

interface Part {
  readonly body: Buffer;
  readonly isLast: boolean;
}

interface MultipartUpload {
  readonly place: { readonly Bucket: string; readonly Key: string; readonly UploadId: string };
  readonly parts: { PartNumber: number; ETag: string | undefined; ChecksumSHA256: string }[];
}

/**
 * The stream in pieces, of which the last may be small. They double every thousand up to 32 MiB, so that
 * 10,000 of them hold more than 250 GiB while one at a time is in memory.
 */
async function* parts(source: Readable, firstBytes: number): AsyncGenerator<Part> {
  let waiting: Buffer[] = [];
  let size = 0;
  let count = 0;
  const wanted = (): number => Math.min(maxPartBytes, firstBytes * 2 ** Math.floor(count / 1_000));
  for await (const chunk of source as AsyncIterable<Buffer>) {
    waiting.push(chunk);
    size += chunk.length;
    while (size > wanted()) {
      const all = Buffer.concat(waiting);
      const body = all.subarray(0, wanted());
      waiting = [all.subarray(body.length)];
      size -= body.length;
      count += 1;
      yield { body, isLast: false };
    }
  }
  yield { body: Buffer.concat(waiting), isLast: true };
}

function checksum(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64');
}

/* 409 is a race of two conditional writes that the server could not decide. */
function isConditionFailure(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return name === 'PreconditionFailed' || status === 412 || status === 409 || name === 'NoSuchKey';
}

function ignoreMissing(error: unknown): void {
  if ((error as Error).name !== 'NoSuchUpload') throw error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
