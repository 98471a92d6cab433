// A lock in a bucket: an object that its holder rewrites at intervals, each write on the condition that
// nobody else has written. A lock that has not changed for a whole lease, by our own clock, is stale.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { ConditionError } from './s3-bucket.ts';
import type { Bucket, Condition } from './s3-bucket.ts';
import type { Held } from './target.ts';

const bodySchema = z.object({
  /** Grows with every holder: the fencing token. */
  epoch: z.int().positive(),
  /** The holder's own mark. */
  holder: z.string(),
  isHeld: z.boolean(),
  leaseMs: z.int().positive(),
  /** The set that the holder is at work on; it stays until that is published or taken back. */
  setId: z.string().optional(),
  /** Grows with every write, so that each looks different. */
  writes: z.int(),
});
type LockBody = z.infer<typeof bodySchema>;

export interface LockRequest {
  readonly bucket: Bucket;
  readonly key: string;
  readonly leaseMs: number;
  readonly setId?: string;
}

export interface BucketLock extends Held {
  readonly epoch: number;
  /** A set that the holder before us may still try to publish. */
  readonly unfinished: string | undefined;
  /** Throws ConditionError unless the lock is still ours, by asking the bucket. */
  confirm(): Promise<void>;
  /** The set at work needs no clearing away by the next holder. */
  finished(): void;
}

/** Returns undefined when a living holder has it. Waits for one lease to find a dead one out. */
export async function acquireBucketLock(request: LockRequest): Promise<BucketLock | undefined> {
  const { bucket, key } = request;
  await refuseBlindBucket(bucket, key);
  const found = await read(request);
  if (found?.body.isHeld === true && !(await isStale(request, found))) return undefined;
  const mine: LockBody = {
    epoch: (found?.body.epoch ?? 0) + 1,
    holder: randomBytes(8).toString('hex'),
    isHeld: true,
    leaseMs: request.leaseMs,
    writes: 0,
    ...(request.setId === undefined ? {} : { setId: request.setId }),
  };
  const condition: Condition =
    found === undefined ? { kind: 'absent' } : { kind: 'is', etag: found.etag };
  try {
    const etag = await bucket.putText(key, JSON.stringify(mine), condition);
    return new LiveLock({ request, body: mine, etag, unfinished: found?.body.setId });
  } catch (error) {
    if (error instanceof ConditionError) return undefined;
    throw error;
  }
}

/**
 * A server that takes conditions for decoration would let two writers in. Asks for a write over
 * something that is there, which has to fail.
 */
async function refuseBlindBucket(bucket: Bucket, key: string): Promise<void> {
  const probe = `${key}.probe`;
  await bucket.putText(probe, 'there');
  try {
    await bucket.putText(probe, 'overwritten', { kind: 'absent' });
  } catch (error) {
    if (error instanceof ConditionError) return;
    throw error;
  }
  throw new Error(
    `${bucket.name} ignores "If-None-Match": two writers could not be kept apart. Use a server that has conditional writes`,
  );
}

interface Found {
  readonly body: LockBody;
  readonly etag: string;
}

async function read({ bucket, key }: LockRequest): Promise<Found | undefined> {
  const there = await bucket.text(key);
  if (there === undefined) return undefined;
  try {
    return { body: bodySchema.parse(JSON.parse(there.text)), etag: there.etag };
  } catch {
    throw new Error(
      `${bucket.name}${key} is no lock of ours. Look at what wrote it, then delete it while no backup runs`,
    );
  }
}

async function isStale(request: LockRequest, { body, etag }: Found): Promise<boolean> {
  const deadline = performance.now() + body.leaseMs;
  while (performance.now() < deadline) {
    await sleep(body.leaseMs / 4);
    const again = await request.bucket.text(request.key);
    if (again?.etag !== etag) return false;
  }
  return true;
}

interface LiveOptions {
  readonly request: LockRequest;
  readonly body: LockBody;
  readonly etag: string;
  readonly unfinished: string | undefined;
}

class LiveLock implements BucketLock {
  readonly epoch: number;
  readonly unfinished: string | undefined;
  private readonly request: LockRequest;
  private readonly timer: NodeJS.Timeout;
  private body: LockBody;
  private etag: string;
  private lost: ConditionError | undefined;
  /** One write at a time: each one's condition is the one before. */
  private writing: Promise<void> = Promise.resolve();

  constructor({ request, body, etag, unfinished }: LiveOptions) {
    this.request = request;
    this.body = body;
    this.etag = etag;
    this.epoch = body.epoch;
    this.unfinished = unfinished;
    // A renewal that fails for other reasons is tried again by the next one.
    const renew = (): void => void this.write({}).catch(() => undefined);
    this.timer = setInterval(renew, body.leaseMs / 4).unref();
  }

  confirm(): Promise<void> {
    return this.write({});
  }

  finished(): void {
    const { setId: _done, ...rest } = this.body;
    this.body = rest;
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    // Whoever has lost it has nothing to give back; who cannot reach it leaves a lease that runs out.
    await this.write({ isHeld: false }).catch(() => undefined);
  }

  private write(change: Partial<LockBody>): Promise<void> {
    const next = this.writing.catch(() => undefined).then(async () => {
      if (this.lost !== undefined) throw this.lost;
      const body = { ...this.body, ...change, writes: this.body.writes + 1 };
      try {
        const condition = { kind: 'is', etag: this.etag } as const;
        this.etag = await this.request.bucket.putText(this.request.key, JSON.stringify(body), condition);
        this.body = { ...this.body, writes: body.writes };
      } catch (error) {
        if (error instanceof ConditionError) this.lost = error;
        throw error;
      }
    });
    this.writing = next;
    return next;
  }
}
