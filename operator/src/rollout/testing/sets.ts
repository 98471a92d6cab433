// A ReplicaSet with its pods, as a test describes it: set().revision(7).ready(2).notReady(1).
import { after, instant, type Instant } from '../../lib/instant.ts';
import type { Outcome, PodTrouble, PodView, SetView } from '../snapshot.ts';

/** The moment at which tests decide, unless they say otherwise. */
export const NOW: Instant = instant(Date.UTC(2026, 0, 1, 12));

/** `seconds` after (or, negative, before) NOW. */
export const at = (seconds: number): Instant => after(NOW, seconds * 1000);

const LONG_AGO = at(-3600);

export interface SetBuilder {
  revision(revision: number): SetBuilder;
  hash(hash: string): SetBuilder;
  /** `spec.replicas`; left out: as many as there are pods that stay. */
  desired(count: number): SetBuilder;
  outcome(outcome: Outcome, reason?: string): SetBuilder;
  /** Adds pods that have been Ready for long, or as `over` says. */
  ready(count: number, over?: Partial<PodView>): SetBuilder;
  /** Adds pods that are not Ready. */
  notReady(count: number, over?: Partial<PodView>): SetBuilder;
  /** Adds pods that are not Ready for this reason. */
  troubled(reason: PodTrouble['reason'], certainty?: 'certain' | 'mayPass'): SetBuilder;
  with(over: Partial<SetView>): SetBuilder;
  build(fallback: { readonly revision: number; readonly outcome: Outcome }): SetView;
}

interface Parts {
  readonly revision?: number;
  readonly hash?: string;
  readonly desired?: number;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly pods: readonly Partial<PodView>[];
  readonly over: Partial<SetView>;
}

/** A ReplicaSet without pods. */
export function set(): SetBuilder {
  return builderOf({ pods: [], over: {} });
}

function builderOf(parts: Parts): SetBuilder {
  const add = (count: number, pod: Partial<PodView>) =>
    builderOf({ ...parts, pods: [...parts.pods, ...Array.from({ length: count }, () => pod)] });
  return {
    revision: (revision) => builderOf({ ...parts, revision }),
    hash: (hash) => builderOf({ ...parts, hash }),
    desired: (desired) => builderOf({ ...parts, desired }),
    outcome: (outcome, reason) => builderOf({ ...parts, outcome, ...(reason ? { reason } : {}) }),
    ready: (count, over = {}) => add(count, { isReady: true, ...over }),
    notReady: (count, over = {}) => add(count, { isReady: false, ...over }),
    troubled: (reason, certainty = 'certain') =>
      add(1, {
        isReady: false,
        trouble: { reason, isCertain: certainty === 'certain', message: `it is ${reason}` },
      }),
    with: (over) => builderOf({ ...parts, over: { ...parts.over, ...over } }),
    build: (fallback) => setView(parts, fallback),
  };
}

function setView(parts: Parts, fallback: { readonly revision: number; readonly outcome: Outcome }): SetView {
  const revision = parts.revision ?? fallback.revision;
  const name = `shop-r${revision}`;
  const pods = parts.pods.map((pod, index): PodView => ({
    name: `${name}-${index}`,
    isReady: true,
    readyChangedAt: LONG_AGO,
    isTerminating: false,
    createdAt: LONG_AGO,
    restarts: 0,
    readinessLosses: 0,
    ...pod,
  }));
  return {
    name,
    uid: `uid-${revision}`,
    generation: 1,
    revision,
    hash: parts.hash ?? `hash${revision}`,
    desired: parts.desired ?? pods.filter((pod) => !pod.isTerminating).length,
    outcome: parts.outcome ?? fallback.outcome,
    ...(parts.reason === undefined ? {} : { reason: parts.reason }),
    images: [`shop:${revision}`],
    pods,
    isConfigLive: false,
    ...parts.over,
  };
}
