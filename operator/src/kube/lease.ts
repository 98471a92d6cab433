// LeaseElector: at most one leader, by a Lease object and this process's own clocks.
//
//   follower --- free, released, or unchanged for the lease's time: take it ---> leader
//      ^                                                                           |
//      +--- renewal too late, or another holder: onLost <--------------------------+
//
// Times written by others are never compared with ours: a follower measures how long the Lease has
// stayed as it is, a leader how long ago it SENT its last successful renewal. The leader stops
// believing (10 s) before a follower may take over (15 s). `isLeader` is asked right before each
// write, because a process that was frozen thaws in the middle of one.

import { sleep } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { silent } from '../lib/log.ts';
import type { Log } from '../lib/log.ts';
import { ApiError } from './api-error.ts';
import type { CallOptions, KubeClient } from './client.ts';
import type { ObjectRef, RawObject, ResourceType } from './resource.ts';

export const LEASE_TYPE: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

export interface LeaseOptions {
  /** Must not ask this elector's isLeader before its writes. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** Unique per process, so with a random part: a restarted one must not take itself for the old. */
  readonly identity: string;
  /** How long a follower waits for a silent leader (default 15 s). */
  readonly leaseDurationMs?: number;
  /** How long a leader believes in a renewal (default 10 s). */
  readonly renewDeadlineMs?: number;
  /** Between renewals (default 2 s); a follower looks twice as often. */
  readonly retryPeriodMs?: number;
  /** `epoch` is the Lease's leaseTransitions: each leader has a higher one than those before. */
  readonly onElected: (epoch: number) => void;
  /** Leadership is gone without our wish. Stop what is in flight; best end the process. */
  readonly onLost: () => void;
  readonly log?: Log;
}

export interface LeaseElector {
  /** True only while nobody else can be leader. Ask right before each write. */
  isLeader(): boolean;
  /** The epoch of this process's leadership; undefined while it has none. */
  epoch(): number | undefined;
  /** Asks the Lease itself whether it is still ours; throws when it cannot be read. */
  confirm(): Promise<boolean>;
  /** Gives the Lease back, so that a follower takes over within its next look. */
  stop(): Promise<void>;
}

type LeaseSpec = {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
};

type Seen = { readonly resourceVersion: string; readonly spec: LeaseSpec };
type Leadership = {
  readonly epoch: number;
  readonly resourceVersion: string;
  readonly sentMs: number;
  readonly sentAt: number;
};

/** Starts taking part in the election at once. */
export function startElector(options: LeaseOptions): LeaseElector {
  const { client, clock, identity, log = silent } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
  const ref: ObjectRef = { type: LEASE_TYPE, namespace: options.namespace, name: options.name };
  const stopping = new AbortController();
  const releaseOptions: CallOptions = { timeoutMs: renewDeadlineMs / 2, retry: 'never' };
  const callOptions: CallOptions = { ...releaseOptions, signal: stopping.signal };

  let leadership: Leadership | undefined;
  /** The Lease as last read, and since when it has not changed. */
  let watched: { seen: Seen; sinceMs: number } | undefined;

  const running = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (leadership === undefined) await lookOrTake();
        else await renew(leadership);
      } catch (error) {
        if (!stopping.signal.aborted) log('warn', 'lease call failed', { name: ref.name, error });
      }
      loseIfLate();
      await sleep(clock, { ms: pauseMs(), signal: stopping.signal });
      loseIfLate();
    }
  }

  function pauseMs(): number {
    return leadership === undefined ? retryPeriodMs / 2 : retryPeriodMs;
  }

  async function lookOrTake(): Promise<void> {
    const seen = await read();
    if (seen === undefined) {
      await takeNew();
      return;
    }
    if (watched?.seen.resourceVersion !== seen.resourceVersion) {
      watched = { seen, sinceMs: clock.monotonic() };
    }
    if (isFree(seen, clock.monotonic() - watched.sinceMs)) await takeOver(seen);
  }

  function isFree({ spec }: Seen, unchangedMs: number): boolean {
    const holder = spec.holderIdentity ?? '';
    if (holder === '' || holder === identity) return true;
    const promisedMs = (spec.leaseDurationSeconds ?? 0) * 1000;
    return unchangedMs >= Math.max(leaseDurationMs, promisedMs);
  }

  async function takeNew(): Promise<void> {
    const sent = moment();
    const epoch = firstEpoch(clock);
    const spec = { ...heldSpec(), acquireTime: microTime(clock), leaseTransitions: epoch };
    const metadata = { name: options.name, namespace: options.namespace };
    const object = await client.create(LEASE_TYPE, { metadata, spec }, callOptions);
    become({ epoch, resourceVersion: versionOf(object), ...sent });
  }

  async function takeOver(seen: Seen): Promise<void> {
    const sent = moment();
    const before = seen.spec.leaseTransitions;
    const epoch = before === undefined ? firstEpoch(clock) : before + 1;
    const spec = { ...heldSpec(), acquireTime: microTime(clock), leaseTransitions: epoch };
    const object = await write(seen.resourceVersion, spec);
    become({ epoch, resourceVersion: versionOf(object), ...sent });
  }

  function become(next: Leadership): void {
    if (stopping.signal.aborted || elapsedMs(next) >= renewDeadlineMs) return;
    leadership = next;
    watched = undefined;
    log('info', 'elected', { name: ref.name, identity, epoch: next.epoch });
    options.onElected(next.epoch);
  }

  async function renew(current: Leadership): Promise<void> {
    try {
      await renewOnce(current);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'notFound') lose('the lease was deleted');
      if (error.code !== 'conflict') throw error;
      await renewAfterConflict(current);
    }
  }

  async function renewOnce(current: Leadership): Promise<void> {
    const sent = moment();
    const object = await write(current.resourceVersion, heldSpec());
    // A lost leadership is not revived by an answer that came too late.
    if (leadership !== current) return;
    leadership = { ...current, resourceVersion: versionOf(object), ...sent };
  }

  /** A conflict may be the trace of our own renewal whose answer was lost. */
  async function renewAfterConflict(current: Leadership): Promise<void> {
    const seen = await read();
    const ours =
      seen?.spec.holderIdentity === identity && seen.spec.leaseTransitions === current.epoch;
    if (!ours) {
      lose('another process holds the lease');
    } else if (leadership === current) {
      // The deadline stays: only a renewal whose answer we see moves it.
      leadership = { ...current, resourceVersion: seen.resourceVersion };
      await renewOnce(leadership);
    }
  }

  async function read(options = callOptions): Promise<Seen | undefined> {
    try {
      const object = await client.get(ref, options);
      const spec = (object['spec'] ?? {}) as LeaseSpec;
      return { resourceVersion: versionOf(object), spec };
    } catch (error) {
      if (error instanceof ApiError && error.code === 'notFound') return undefined;
      throw error;
    }
  }

  async function confirm(): Promise<boolean> {
    const seen = await read();
    const holds = (epoch: number) =>
      seen?.spec.holderIdentity === identity && seen.spec.leaseTransitions === epoch;
    return leadership !== undefined && isLeader() && holds(leadership.epoch);
  }

  function write(resourceVersion: string, spec: LeaseSpec): Promise<RawObject> {
    return client.mergePatch(ref, { metadata: { resourceVersion }, spec }, callOptions);
  }

  function heldSpec(): LeaseSpec {
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      renewTime: microTime(clock),
    };
  }

  function moment(): { sentMs: number; sentAt: number } {
    return { sentMs: clock.monotonic(), sentAt: clock.now() };
  }

  /** A paused virtual machine stops the monotonic clock but not the world, so both clocks count. */
  function elapsedMs({ sentMs, sentAt }: Leadership): number {
    return Math.max(clock.monotonic() - sentMs, clock.now() - sentAt);
  }

  function isLeader(): boolean {
    return leadership !== undefined && elapsedMs(leadership) < renewDeadlineMs;
  }

  function loseIfLate(): void {
    if (leadership !== undefined && !isLeader()) lose('the last renewal is too long ago');
  }

  function lose(why: string): void {
    if (leadership === undefined) return;
    leadership = undefined;
    log('error', 'leadership lost', { name: ref.name, identity, why });
    options.onLost();
  }

  return {
    isLeader,
    epoch: () => leadership?.epoch,
    confirm,
    async stop() {
      const last = isLeader() ? leadership : undefined;
      leadership = undefined;
      stopping.abort();
      await running;
      if (last !== undefined) await release(last);
    },
  };

  async function release({ resourceVersion, epoch }: Leadership): Promise<void> {
    try {
      await giveBack(resourceVersion).catch(async (error: unknown) => {
        // A renewal that stop() cut short may have reached the server all the same.
        const seen = await read(releaseOptions);
        const ours = seen?.spec.holderIdentity === identity && seen.spec.leaseTransitions === epoch;
        if (!ours) throw error;
        return giveBack(seen.resourceVersion);
      });
    } catch (error) {
      // The follower then waits for the lease's time, as after a crash.
      log('warn', 'lease not released', { name: ref.name, error });
    }
  }

  function giveBack(resourceVersion: string): Promise<RawObject> {
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock) };
    return client.mergePatch(ref, { metadata: { resourceVersion }, spec }, releaseOptions);
  }
}

/**
 * The epoch of a new Lease: the seconds since 2020. A Lease that was deleted and made again must not
 * begin at 0, or its leaders would rank below every epoch that was ever written into a status.
 */
function firstEpoch(clock: Clock): number {
  return Math.max(1, Math.floor((clock.now() - Date.UTC(2020, 0, 1)) / 1000));
}

function versionOf(object: RawObject): string {
  return object.metadata.resourceVersion ?? '';
}

/** RFC 3339 with six digits, as the Lease's MicroTime fields want it. */
function microTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z');
}
