// A snapshot with its roles resolved: which set is stable, which is the candidate, how many pods.
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { Instant } from '../lib/instant.ts';
import { type Bounds, boundsOf } from './replicas.ts';
import type { SetView, Snapshot, WantedView } from './snapshot.ts';
import type { ReleaseState } from './state.ts';

export interface Context {
  readonly snapshot: Snapshot;
  readonly state: ReleaseState;
  readonly spec: AppReleaseSpec;
  readonly bounds: Bounds;
  readonly now: Instant;
  readonly wanted: WantedView;
  /** The set that serves; undefined before the first release succeeded. */
  readonly stable?: SetView;
  /** The set being tried: the one remembered in state, else none. */
  readonly candidate?: SetView;
  /** The set that already has the wanted template. */
  readonly wantedSet?: SetView;
}

/** The context with another state, for a decision that goes on in the next stage. */
export function withState(context: Context, state: ReleaseState): Context {
  const candidate = setNamed(context.snapshot, state.candidate?.setName);
  const { candidate: _old, ...rest } = context;
  // A set cannot be tried against itself, whatever a status says.
  const isTried = candidate !== undefined && candidate !== context.stable;
  return { ...rest, state, ...(isTried ? { candidate } : {}) };
}

export function contextOf(snapshot: Snapshot, now: Instant): Context | undefined {
  const { release, wanted, state } = snapshot;
  if (release.spec.kind === 'invalid' || !wanted || release.replicas === undefined)
    return undefined;
  const spec = release.spec.value;
  const stable = setNamed(snapshot, state.stable?.setName) ?? rebuiltStable(snapshot);
  const candidate = setNamed(snapshot, state.candidate?.setName);
  const wantedSet = setNamed(snapshot, wanted.setName);
  return {
    snapshot,
    state,
    spec,
    bounds: boundsOf(spec, release.replicas),
    now,
    wanted,
    ...(stable ? { stable } : {}),
    ...(candidate && candidate !== stable ? { candidate } : {}),
    ...(wantedSet ? { wantedSet } : {}),
  };
}

export function setNamed(snapshot: Snapshot, name: string | undefined): SetView | undefined {
  return name === undefined ? undefined : snapshot.sets.find((set) => set.name === name);
}

/**
 * Which set is stable when status says nothing: the one the stable Service names, else the newest
 * that was ever marked stable. Without either, this is a first release and nothing is stable.
 */
function rebuiltStable({ sets, traffic }: Snapshot): SetView | undefined {
  if (traffic.kind === 'weighted' && traffic.stable.hash !== undefined) {
    const named = sets.find((set) => set.hash === traffic.stable.hash && set.desired > 0);
    if (named && named.outcome !== 'candidate') return named;
  }
  const byRevision = sets.toSorted((a, b) => b.revision - a.revision);
  return byRevision.find((set) => set.outcome === 'stable') ?? largestServing(sets);
}

/* A mark can be lost with a failed write; a set that serves and is not being tried is the best guess. */
function largestServing(sets: readonly SetView[]): SetView | undefined {
  return sets
    .filter((set) => set.outcome === 'superseded' && set.pods.some((pod) => pod.isReady))
    .toSorted((a, b) => b.desired - a.desired)[0];
}
