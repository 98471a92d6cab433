// One running operator: caches that lag, a decision, its writes one by one, and what may go wrong
// between them. The order of things is that of operator/src/reconcile.ts.
import { changeOf } from '../../operator/src/controller/write-status.ts';
import { assertNever } from '../../operator/src/lib/assert.ts';
import { after, type Instant } from '../../operator/src/lib/instant.ts';
import type { AppReleaseStatus } from '../../operator/src/api/app-release-status.ts';
import type { Decision, Effect } from '../../operator/src/rollout/decision.ts';
import type { Snapshot } from '../../operator/src/rollout/snapshot.ts';
import { type Cluster, commit } from './cluster.ts';
import type { Core } from './core.ts';
import { write, writeStatus } from './store.ts';
import { KINDS, type Kind, type View, snapshotOf, wantedIn } from './view.ts';
import type { World } from './world.ts';

export interface Process {
  readonly epoch: number;
  /** Per kind of object: the place in history that the cache shows. */
  readonly seen: Record<Kind, number>;
  /** Per kind: the place in history of our own last write. */
  readonly wrote: Record<Kind, number>;
  /** How far this machine's clock is off. */
  skewMs: number;
  firstSeen: { readonly version: number; readonly at: Instant } | undefined;
  wakeAt: Instant | undefined;
  /** Another leads, or the process has died. */
  isStopped: boolean;
}

/** What happens to the write with this number, counted from 0 within one look. */
export type Trouble =
  | { readonly kind: 'none' }
  /** The write is refused on the way. */
  | { readonly kind: 'fail'; readonly at: number }
  /** It is carried out, but the answer is lost. */
  | { readonly kind: 'lose'; readonly at: number }
  | { readonly kind: 'crash'; readonly at: number; readonly when: 'before' | 'after' }
  /** The process stands still right before it; `thaw` sends it. */
  | { readonly kind: 'freeze'; readonly at: number };

export interface WriteEvent {
  readonly before: World;
  readonly after: World;
  readonly what: Effect | { readonly kind: 'status'; readonly status: AppReleaseStatus };
  readonly view: View;
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  readonly now: Instant;
  /** Sent by a leader that had stood still and does not lead any more. */
  readonly isThawed: boolean;
}

export interface LookOptions {
  readonly core: Core;
  readonly trouble: Trouble;
  readonly onWrite: (event: WriteEvent) => void;
  /** Runs between two writes: the cluster does not wait. */
  readonly between: () => void;
}

export interface Look {
  readonly kind: 'gone' | 'stale' | 'done' | 'interrupted' | 'frozen';
  readonly writes: number;
  /** Those that say or do something new; a status of which only figures moved is none. */
  readonly moves: number;
  readonly decision?: Decision;
  readonly dropped: number;
  readonly now: Instant;
  readonly thaw?: () => void;
}

/** A process that has just listed everything. */
export function startProcess(cluster: Cluster, epoch: number): Process {
  const latest = cluster.history.length - 1;
  const everywhere = (place: number) =>
    Object.fromEntries(KINDS.map((kind) => [kind, place])) as Record<Kind, number>;
  return {
    epoch,
    seen: everywhere(latest),
    wrote: everywhere(0),
    skewMs: 0,
    firstSeen: undefined,
    wakeAt: undefined,
    isStopped: false,
  };
}

/** All caches show the present. */
export function catchUp(cluster: Cluster, process: Process): void {
  for (const kind of KINDS) process.seen[kind] = cluster.history.length - 1;
}

const STALE_MS = 250;
const REWRITES_RELEASE: readonly Effect['kind'][] = [
  'addFinalizer',
  'removeFinalizer',
  'claimReplicas',
];

export function look(cluster: Cluster, process: Process, options: LookOptions): Look {
  const now = after(cluster.world.now, process.skewMs);
  const nothing = { writes: 0, moves: 0, dropped: 0, now };
  process.wakeAt = undefined;
  if (KINDS.some((kind) => process.seen[kind] < process.wrote[kind])) {
    process.wakeAt = after(now, STALE_MS);
    return { ...nothing, kind: 'stale' };
  }
  const view = viewOf(cluster, process);
  const status = view.release.release?.status ?? {};
  if ((status.controllerEpoch ?? 0) > process.epoch) {
    process.isStopped = true;
    return { ...nothing, kind: 'gone' };
  }
  const { core } = options;
  const snapshot = snapshotOf(view, {
    now,
    state: core.stateOf(status),
    firstSeenAt: firstSeen(process, view, now),
  });
  if (!snapshot) return { ...nothing, kind: 'gone' };
  const decision = core.decide(snapshot, now);
  const { allowed, dropped } = core.checkEffects(snapshot, decision.effects, now);
  const told = { cluster, process, options, view, snapshot, decision, now };
  const saying = statusWrite(told, allowed);
  const end = writeAll(told, [...allowed, ...saying.writes]);
  if (end.kind === 'done') process.wakeAt = decision.wakeAt;
  const moves = saying.isFigures ? Math.min(end.writes, allowed.length) : end.writes;
  return { ...end, moves, decision, dropped: dropped.length, now };
}

function viewOf({ history }: Cluster, { seen }: Process): View {
  const shown = (kind: Kind): World => {
    const world = history[seen[kind]];
    if (!world) throw new Error('a cache shows what never was');
    return world;
  };
  return Object.fromEntries(KINDS.map((kind) => [kind, shown(kind)])) as unknown as View;
}

function firstSeen(process: Process, view: View, now: Instant): Instant {
  const version = wantedIn(view);
  if (process.firstSeen?.version !== version) process.firstSeen = { version, at: now };
  return process.firstSeen?.at ?? now;
}

interface Telling {
  readonly cluster: Cluster;
  readonly process: Process;
  readonly options: LookOptions;
  readonly view: View;
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  readonly now: Instant;
}

type Write = WriteEvent['what'];

interface StatusWrite {
  readonly writes: Write[];
  readonly isFigures: boolean;
}

function statusWrite(
  { options, process, view, snapshot, decision, now }: Telling,
  allowed: readonly Effect[],
): StatusWrite {
  if (allowed.some(({ kind }) => REWRITES_RELEASE.includes(kind)))
    return { writes: [], isFigures: false };
  const previous = view.release.release?.status ?? {};
  const status = options.core.statusOf({ snapshot, decision, now }, previous, {
    selector: 'app=shop',
    controllerEpoch: process.epoch,
  });
  // As the API server stores it.
  const stored = JSON.parse(JSON.stringify(status)) as AppReleaseStatus;
  const change = changeOf(previous, stored).kind;
  return {
    writes: change === 'none' ? [] : [{ kind: 'status', status: stored }],
    isFigures: change === 'figures',
  };
}

function writeAll(told: Telling, writes: readonly Write[]): Pick<Look, 'kind' | 'writes' | 'thaw'> {
  const { process, options } = told;
  const { trouble } = options;
  let done = 0;
  for (const what of writes) {
    const isHit = trouble.kind !== 'none' && trouble.at === done;
    if (isHit && trouble.kind === 'freeze') {
      process.isStopped = true;
      return { kind: 'frozen', writes: done, thaw: () => void writeOne(told, what) };
    }
    if (
      isHit &&
      (trouble.kind === 'fail' || (trouble.kind === 'crash' && trouble.when === 'before'))
    ) {
      if (trouble.kind === 'crash') process.isStopped = true;
      return { kind: 'interrupted', writes: done };
    }
    const written = writeOne(told, what);
    if (written === 'refused') return { kind: 'interrupted', writes: done };
    // What is as it should be is not written, and nothing can go wrong with it.
    if (written === 'asItIs') continue;
    done += 1;
    if (isHit) {
      if (trouble.kind === 'crash') process.isStopped = true;
      return { kind: 'interrupted', writes: done };
    }
    options.between();
  }
  return { kind: 'done', writes: done };
}

function writeOne(
  { cluster, process, options, view, snapshot, decision, now }: Telling,
  what: Write,
): 'written' | 'asItIs' | 'refused' {
  const before = cluster.world;
  const written =
    what.kind === 'status' ? writeStatus(before, what.status, view) : write(before, what, view);
  if (!written) return 'refused';
  if (written === before) return 'asItIs';
  process.wrote[kindOf(what)] = commit(cluster, written);
  options.onWrite({
    before,
    after: written,
    what,
    view,
    snapshot,
    decision,
    now,
    isThawed: process.isStopped,
  });
  return 'written';
}

function kindOf(what: Write): Kind {
  switch (what.kind) {
    case 'status':
    case 'addFinalizer':
    case 'removeFinalizer':
    case 'claimReplicas':
      return 'release';
    case 'createSet':
    case 'scaleSet':
    case 'markSet':
    case 'deleteSet':
    case 'takeSet':
    case 'giveBackSet':
      return 'sets';
    case 'pointService':
      return 'services';
    case 'setWeight':
    case 'releaseRoute':
      return 'route';
    case 'pauseDeployment':
    case 'unpauseDeployment':
    case 'scaleDeployment':
    case 'explainHandBack':
      return 'deployment';
    case 'finishAction':
      return 'actions';
    default:
      return assertNever(what);
  }
}
