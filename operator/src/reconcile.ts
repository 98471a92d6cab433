// One key, one look, one decision: observe -> decide -> check -> apply -> write status.
import type { AppReleaseStatus } from './api/app-release-status.ts';
import type { Collector } from './controller/collect-samples.ts';
import { applyAll } from './controller/apply.ts';
import type { ApplyContext } from './controller/apply-context.ts';
import { meaningOf } from './controller/errors.ts';
import type { Journal } from './controller/journal.ts';
import type { Materials } from './controller/observe/materials.ts';
import type { Observer } from './controller/observe/observe.ts';
import type { QueryWatcher } from './controller/queries/ask-queries.ts';
import { watchQueries } from './controller/queries/watch-queries.ts';
import type { Store } from './controller/store.ts';
import { watchRelease } from './controller/watch-release.ts';
import { changeOf, writeStatus } from './controller/write-status.ts';
import { API_GROUP_VERSION } from './api/group.ts';
import type { Reason } from './api/reasons.ts';
import type { KubeClient } from './kube/client.ts';
import type { EventRecorder } from './kube/events.ts';
import type { Outcome } from './kube/worker.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { decide } from './rollout/decide.ts';
import type { Decision, Effect, EffectKind } from './rollout/decision.ts';
import { checkEffects } from './rollout/invariants.ts';
import { rebuiltSentence } from './rollout/rebuilt.ts';
import type { Snapshot } from './rollout/snapshot.ts';
import { statusOf } from './rollout/status.ts';
import { decideUnread } from './rollout/unread-template.ts';

export interface ReconcileOptions {
  readonly store: Store;
  readonly observer: Observer;
  readonly collector: Collector;
  readonly queries: QueryWatcher;
  readonly journal: Journal;
  readonly events: EventRecorder;
  /** A client whose writes are remembered for this key. */
  readonly clientFor: (key: string) => KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Lease transitions of our leadership. */
  readonly epoch: () => number;
  /** The Lease itself, read now, says that it is ours. */
  readonly confirmLead: () => Promise<boolean>;
  /** A status written under a higher epoch than ours, and the Lease is not ours: another leads. */
  readonly onNewerEpoch: () => void;
  /** An effect that an invariant forbade. */
  readonly onDropped?: (why: string) => void;
}

/** Figures alone are written no more often than this. */
const FIGURES_EVERY_MS = 10_000;
/** What only a person can mend is looked at this often, and whenever something changes. */
const TOLD_EVERY_MS = 30_000;

/** After these a status based on what was seen would be refused. */
const REWRITES_RELEASE: ReadonlySet<EffectKind> = new Set([
  'addFinalizer',
  'removeFinalizer',
  'claimReplicas',
]);

/** A reconciler for one store. It keeps nothing but when it last wrote figures. */
export function createReconciler(options: ReconcileOptions): (key: string) => Promise<Outcome> {
  const lastWrite = new Map<string, number>();
  return async (key) => {
    const { collector, observer, queries } = options;
    const observed = await observer.observe(key, collector.evidence(key), queries.results(key));
    if (observed.kind === 'stale') return { kind: 'requeueAfter', ms: 250 };
    if (observed.kind === 'gone') {
      options.collector.stopWatching(key);
      options.queries.stopWatching(key);
      options.journal.forget(key);
      lastWrite.delete(key);
      return { kind: 'done' };
    }
    const { materials, problem, snapshot } = observed;
    // Anybody who may write a status can write any epoch into it: only the Lease says who leads.
    const isForged = (materials.status.controllerEpoch ?? 0) > options.epoch();
    if (isForged && !(await options.confirmLead())) {
      options.onNewerEpoch();
      return { kind: 'done' };
    }
    const now = options.clock.now();
    const decision = problem ? decideUnread(snapshot, problem, now) : decide(snapshot, now);
    const { allowed, dropped } = checkEffects(snapshot, decision.effects, now);
    for (const { effect, why } of dropped) {
      options.onDropped?.(why);
      options.log('warn', 'an effect was forbidden', { release: key, effect: effect.kind, why });
    }
    watchRelease(options, { key, materials, snapshot, decision });
    watchQueries(options, { key, materials, snapshot, decision });
    options.journal.record(key, snapshot, decision);
    const client = options.clientFor(key);
    const context = { client, clock: options.clock, materials };
    let told = decision;
    const applied = await applyAll(context, allowed);
    if (applied.kind === 'failed') {
      const meaning = meaningOf(applied.error, applied.effect);
      if (meaning.kind === 'tryAgain') throw applied.error;
      if (meaning.kind === 'lookAgain') return { kind: 'retry', error: applied.error };
      const { message, reason } = meaning;
      told = { ...decision, next: snapshot.state, phase: 'Blocked', reason, message };
    }
    await rejectUnreadable(options, key, context);
    // The AppRelease itself has moved (or is gone): its event brings us back.
    if (allowed.some(({ kind }) => REWRITES_RELEASE.has(kind))) return { kind: 'done' };
    const waitMs = await writeIfNew({
      options,
      key,
      client,
      materials,
      snapshot,
      decision: told,
      isForged,
      lastWrite,
    });
    return outcomeOf(options, told, waitMs);
  };
}

/* An action that cannot be read has an answer too; that it fails must not hold up the release. */
async function rejectUnreadable(
  { log }: ReconcileOptions,
  key: string,
  context: ApplyContext,
): Promise<void> {
  const effects = context.materials.unreadable.map(({ name, why }): Effect => {
    const message = `it cannot be read: ${why}`;
    return { kind: 'finishAction', action: name, phase: 'Rejected', message };
  });
  const applied = await applyAll(context, effects);
  if (applied.kind === 'applied') return;
  log('warn', 'an action was not answered', { release: key, error: String(applied.error) });
}

interface Writing {
  readonly options: ReconcileOptions;
  readonly key: string;
  readonly client: KubeClient;
  readonly materials: Materials;
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  /** The epoch in the status is nobody's: ours is written over it. */
  readonly isForged: boolean;
  readonly lastWrite: Map<string, number>;
}

/** Writes status where it says something new; returns how long figures still have to wait. */
async function writeIfNew({
  options,
  key,
  client,
  materials,
  snapshot,
  decision,
  isForged,
  lastWrite,
}: Writing): Promise<number | undefined> {
  const now = options.clock.now();
  const analysis = options.collector.stateOf(key);
  const dispersion = options.collector.dispersionOf(key);
  const next = statusOf({ snapshot, decision, now }, materials.status, {
    selector: selectorText(materials.selector),
    controllerEpoch: options.epoch(),
    ...(materials.deployment ? { workloadGeneration: materials.deployment.generation } : {}),
    ...(analysis ? { analysis } : {}),
    ...(dispersion ? { dispersion } : {}),
  });
  const change = changeOf(materials.status, next);
  if (change.kind === 'none' && !isForged) return undefined;
  const waitedMs = options.clock.monotonic() - (lastWrite.get(key) ?? Number.NEGATIVE_INFINITY);
  if (change.kind === 'figures' && waitedMs < FIGURES_EVERY_MS) return FIGURES_EVERY_MS - waitedMs;
  await writeStatus(client, materials.release, next);
  lastWrite.set(key, options.clock.monotonic());
  if (materials.status.stage === undefined) tellRebuilt(options, { key, materials, snapshot, decision });
  recordEvent(options, { materials, before: materials.status, after: next, decision });
  return undefined;
}

function outcomeOf(
  { clock }: ReconcileOptions,
  decision: Decision,
  figuresMs: number | undefined,
): Outcome {
  const waits = [
    ...(decision.wakeAt === undefined ? [] : [Math.max(0, decision.wakeAt - clock.now())]),
    ...(figuresMs === undefined ? [] : [figuresMs]),
    ...(decision.phase === 'Blocked' ? [TOLD_EVERY_MS] : []),
  ];
  return waits.length === 0 ? { kind: 'done' } : { kind: 'requeueAfter', ms: Math.min(...waits) };
}

/* Nobody should have to find out by himself that a release does not remember how it came here. */
function tellRebuilt(
  { events, log }: ReconcileOptions,
  { key, materials, snapshot, decision }: Pick<Writing, 'key' | 'materials' | 'snapshot' | 'decision'>,
): void {
  const note = rebuiltSentence(snapshot, decision);
  if (note === undefined) return;
  log('warn', 'a status was lost', { release: key, message: note });
  events.record({
    regarding: regardingOf(materials),
    type: 'Warning',
    reason: 'StateRebuilt',
    action: decision.next.stage.kind,
    note,
  });
}

function regardingOf({ release: { name, namespace, uid } }: Materials) {
  return { apiVersion: API_GROUP_VERSION, kind: 'AppRelease', namespace, name, uid };
}

interface Said {
  readonly materials: Materials;
  readonly before: AppReleaseStatus;
  readonly after: AppReleaseStatus;
  readonly decision: Decision;
}

/** On the way from one step to the next there is nothing that anybody need be told. */
const ROUTINE: ReadonlySet<Reason> = new Set(['Scaling', 'Promoting', 'WaitingForConfig']);

/* An Event per change that a person cares about: a start, a stop, an end, a trouble. */
function recordEvent(
  { events }: ReconcileOptions,
  { materials, before, after, decision }: Said,
): void {
  const reasonBefore = before.conditions?.find((condition) => condition.type === 'Ready')?.reason;
  const isSame =
    before.phase === after.phase &&
    reasonBefore === decision.reason &&
    before.candidate?.revision === after.candidate?.revision;
  if (isSame) return;
  const isStart =
    after.stage === 'Stepping' && before.candidate?.revision !== after.candidate?.revision;
  if (!isStart && decision.phase === 'Progressing' && ROUTINE.has(decision.reason)) return;
  const isBad =
    decision.phase === 'RolledBack' ||
    decision.phase === 'Blocked' ||
    decision.phase === 'Degraded';
  events.record({
    regarding: regardingOf(materials),
    type: isBad ? 'Warning' : 'Normal',
    reason: isStart ? 'ReleaseStarted' : decision.reason,
    action: decision.next.stage.kind,
    note: isStart ? `revision ${after.candidate?.revision}: ${decision.message}` : decision.message,
  });
}

function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(',');
}
