// Decision to status: all that a person, kubectl wait, Flux and Argo CD read.
import { checkResultsOf } from '../analysis/queries.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type {
  AppReleaseStatus,
  CheckResult,
  Condition,
  HistoryEntry,
} from '../api/app-release-status.ts';
import type { Reason } from '../api/reasons.ts';
import { assertNever } from '../lib/assert.ts';
import { toText, type Instant } from '../lib/instant.ts';
import type { Decision } from './decision.ts';
import { optional } from '../lib/optional.ts';
import { readyPods } from './pods.ts';
import { stepsOf, planAt } from './steps.ts';
import type { DispersionView, EvidenceView, Snapshot } from './snapshot.ts';
import type { Outage, ReleaseState, RevisionId, RollbackCause } from './state.ts';

/** Limits of the schema. */
const MESSAGE_MAX = 2048;
const IMAGES_MAX = 20;

/** What the decision does not know and status shows all the same. */
export interface StatusExtras {
  readonly selector: string;
  readonly controllerEpoch: number;
  readonly workloadGeneration?: number;
  /** State of the evidence, for a restarted operator. */
  readonly analysis?: Record<string, unknown>;
  /** How stable's errors were seen to cluster. */
  readonly dispersion?: Record<string, unknown>;
}

/** The status that follows from a decision. `previous` keeps transition times. */
export function statusOf(
  { snapshot, decision, now }: { snapshot: Snapshot; decision: Decision; now: Instant },
  previous: AppReleaseStatus,
  extras: StatusExtras,
): AppReleaseStatus {
  const { next } = decision;
  const { release, sets } = snapshot;
  const spec = release.spec.kind === 'valid' ? release.spec.value : undefined;
  const candidateSet = sets.find((set) => set.name === next.candidate?.setName);
  // Evidence that is not being gathered at the moment is not forgotten while its release goes on.
  const before = previous.candidate?.revision === next.candidate?.revision ? previous : {};
  const isTried = isTrying(snapshot.state) || isTrying(next);
  const judged = [
    ...checksOf(snapshot.evidence, isTried),
    ...(isTried ? checkResultsOf(snapshot.queries) : []),
  ];
  return {
    observedGeneration: release.generation,
    controllerEpoch: extras.controllerEpoch,
    ...workloadOf(extras.workloadGeneration, previous, now),
    phase: decision.phase,
    message: decision.message.slice(0, MESSAGE_MAX),
    replicas: sets.reduce(
      (sum, set) => sum + set.pods.filter((pod) => !pod.isTerminating).length,
      0,
    ),
    readyReplicas: sets.reduce((sum, set) => sum + readyPods(set), 0),
    updatedReplicas: readyPods(
      candidateSet ?? sets.find((set) => set.name === next.stable?.setName),
    ),
    selector: extras.selector,
    ...optional('stable', refOf(next.stable)),
    ...optional('candidate', refOf(next.candidate)),
    stage: next.stage.kind,
    ...stepFields(next, spec),
    weight: {
      desired: Math.round(next.weight.desired),
      observed: Math.round(next.weight.observed),
      ...optional('changedAt', textOf(next.weight.changedAt)),
    },
    ...troubleFields(next),
    ...optional('startedAt', textOf(next.startedAt)),
    ...optional('analysis', isTrying(next) ? (extras.analysis ?? before.analysis) : undefined),
    ...optional('dispersion', extras.dispersion ?? previous.dispersion),
    conditions: conditionsOf({ snapshot, decision, now }, previous),
    ...(judged.length > 0
      ? { checks: judged }
      : previous.checks
        ? { checks: previous.checks }
        : {}),
    ...(next.finished.length > 0 ? { actions: next.finished.map((one) => ({ ...one })) } : {}),
    history: next.history.map(entryOf),
  };
}

function stepFields(
  { stage }: ReleaseState,
  spec: AppReleaseSpec | undefined,
): Pick<AppReleaseStatus, 'step' | 'steps'> {
  if (stage.kind !== 'Stepping' && stage.kind !== 'Promoting') return {};
  const { step } = stage;
  const total = spec ? stepsOf(spec).length : 0;
  return {
    step: {
      index: step.index,
      kind: step.kind ?? (spec ? planAt(spec, step.index).kind : 'finish'),
      startedAt: toText(step.startedAt),
      mark: step.mark,
      markedAt: toText(step.markedAt),
      ...optional('waitingSince', textOf(step.waitingSince)),
      requestsBefore: step.requestsBefore,
      isPromoted: step.isPromoted,
    },
    ...optional('steps', spec && `${Math.min(step.index + 1, total)}/${total}`),
  };
}

/* What holds the release up or took it back. */
function troubleFields({
  grace,
  outage,
  pausedBy,
  stage,
}: ReleaseState): Pick<AppReleaseStatus, 'grace' | 'outage' | 'pausedBy' | 'rollback'> {
  const cause =
    stage.kind === 'RollingBack' || stage.kind === 'RolledBack' ? stage.cause : undefined;
  return {
    ...(grace ? { grace: { reason: grace.reason, since: toText(grace.since) } } : {}),
    ...(outage ? { outage: outageOf(outage) } : {}),
    ...(cause ? { rollback: rollbackOf(cause) } : {}),
    ...(pausedBy ? { pausedBy: { ...pausedBy, at: toText(pausedBy.at) } } : {}),
  };
}

function outageOf({ response, since }: Outage): AppReleaseStatus['outage'] {
  return {
    since: toText(since),
    response: response.kind,
    ...(response.kind === 'withdrawn' ? { withdrawnAt: toText(response.at) } : {}),
  };
}

function rollbackOf({ at, by, counts, message, outcome, reason }: RollbackCause) {
  return {
    reason,
    message: message.slice(0, MESSAGE_MAX),
    at: toText(at),
    outcome,
    ...optional('by', by),
    ...counts,
  };
}

/* Within what the schema allows: a status that the API server refuses would stop everything. */
function entryOf({ images, message, ...entry }: HistoryEntry): HistoryEntry {
  return {
    ...entry,
    message: message.slice(0, MESSAGE_MAX),
    ...optional('images', images?.slice(0, IMAGES_MAX)),
  };
}

function textOf(moment: Instant | undefined): string | undefined {
  return moment === undefined ? undefined : toText(moment);
}

function isTrying({ stage }: ReleaseState): boolean {
  return stage.kind === 'Stepping' || stage.kind === 'Promoting';
}

function workloadOf(generation: number | undefined, previous: AppReleaseStatus, now: Instant) {
  if (generation === undefined) return {};
  const seen = previous.workload;
  return {
    workload: seen?.generation === generation ? seen : { generation, observedAt: toText(now) },
  };
}

function refOf(id: RevisionId | undefined): AppReleaseStatus['stable'] {
  if (!id) return undefined;
  return {
    revision: id.revision,
    podTemplateHash: id.hash,
    replicaSet: id.setName,
    images: id.images.slice(0, IMAGES_MAX),
  };
}

function checksOf(evidence: EvidenceView, isTried: boolean): CheckResult[] {
  // At rest the numbers of the last verdict stay as they were.
  if (evidence.kind === 'none' || !isTried || isQuiet(evidence)) return [];
  const state = evidence.verdict === 'noData' ? 'noData' : 'evidence';
  return [
    {
      name: 'overall',
      state,
      evidence: round(evidence.evidence),
      threshold: evidence.threshold,
      canary: evidence.canary,
      stable: evidence.stable,
      message: evidence.sentence.slice(0, MESSAGE_MAX),
    },
    ...evidence.signals.map((signal) => ({
      name: signal.name,
      state,
      evidence: round(signal.evidence),
      weight: round(signal.weight),
    })),
  ];
}

/* That no pod has crashed so far is not written again and again. */
function isQuiet({ basis, evidence }: Extract<EvidenceView, { kind: 'judged' }>): boolean {
  return basis === 'pods' && evidence < 1;
}

/* Three digits tell all there is to tell, and keep equal statuses equal. */
function round(value: number): number {
  return Number(Math.min(value, 1e12).toPrecision(3));
}

type Verdict = {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
};

function conditionsOf(
  { snapshot, decision, now }: { snapshot: Snapshot; decision: Decision; now: Instant },
  previous: AppReleaseStatus,
): Condition[] {
  const { phase, message } = decision;
  // That it was promoted is told by an Event and the history; afterwards it is up to date.
  const reason = decision.reason === 'Promoted' ? 'UpToDate' : decision.reason;
  const isStalled = phase === 'RolledBack' || phase === 'Blocked' || phase === 'Degraded';
  const serving =
    snapshot.sets.some((set) => readyPods(set) > 0) || snapshot.release.replicas === 0;
  const told = { reason, message: message.slice(0, 1024) };
  const verdicts: Record<string, Verdict> = {
    Ready: { status: phase === 'Healthy' ? 'True' : 'False', ...told },
    Available: {
      status: serving ? 'True' : 'False',
      reason: serving ? 'UpToDate' : 'StableUnavailable',
      message: serving ? 'users are served' : 'no pod is ready',
    },
    Reconciling: {
      status: phase === 'Progressing' || phase === 'Paused' ? 'True' : 'False',
      ...told,
    },
    Stalled: { status: isStalled ? 'True' : 'False', ...told },
    Paused: { status: phase === 'Paused' ? 'True' : 'False', ...told },
    ...namedConditions(snapshot, decision),
  };
  return Object.entries(verdicts).map(([type, verdict]) => {
    const before = previous.conditions?.find((condition) => condition.type === type);
    const isSame = before?.status === verdict.status;
    return {
      type,
      ...verdict,
      observedGeneration: snapshot.release.generation,
      lastTransitionTime: isSame ? before.lastTransitionTime : toText(now),
    };
  });
}

function namedConditions(snapshot: Snapshot, decision: Decision): Record<string, Verdict> {
  const { evidence, sets, traffic, workload } = snapshot;
  const found: Record<string, Verdict> = {};
  if (workload.kind === 'deployment') {
    const isAdopted = sets.length > 0 && !workload.ownSets.some((set) => set.replicas > 0);
    const held = isAdopted && workload.pausedByUs && workload.replicas !== 0;
    found['Adopted'] = held
      ? {
          status: 'True',
          reason: 'ReplicasOwnedElsewhere',
          message: `${workload.replicasOwners.join(', ')} owns spec.replicas of Deployment ${workload.name}, which stays paused; remove replicas from its manifest or set 0`,
        }
      : {
          status: isAdopted ? 'True' : 'False',
          reason: 'Adopted',
          message: isAdopted ? 'the pods run under this AppRelease' : decision.message,
        };
  }
  const live = sets.find((set) => set.name === decision.next.stable?.setName && set.isConfigLive);
  if (live) {
    found['ConfigNotSnapshotted'] = {
      status: 'True',
      reason: 'ConfigNotSnapshotted',
      message: `${live.name} reads its live ConfigMaps until the next release`,
    };
  }
  if (traffic.kind === 'weighted' && traffic.isBypassed) {
    found['ServiceBypassesRouter'] = {
      status: 'True',
      reason: 'ServiceBypassesRouter',
      message:
        "the application's Service selects the pods of every revision: in-cluster clients get pod share; leave selector out of it",
    };
  }
  const metrics = metricsCondition(evidence);
  if (metrics) found['MetricsRecognized'] = metrics;
  const gateway = gatewayCondition(evidence);
  if (gateway) found['GatewayCounted'] = gateway;
  return found;
}

function tempering(dispersion: DispersionView): string {
  switch (dispersion.kind) {
    case 'strict':
      return 'nothing is assumed of how errors cluster within a minute';
    case 'assumed':
      return `errors are taken to cluster ${dispersion.phi.toFixed(1)}-fold, which is assumed until releases have shown more of stable`;
    case 'estimated':
      return `errors are taken to cluster ${dispersion.phi.toFixed(1)}-fold, as seen at stable`;
    default:
      return assertNever(dispersion);
  }
}

/* Said while samples are taken; silent at rest and before the first sample. */
function metricsCondition(evidence: EvidenceView): Verdict | undefined {
  if (evidence.kind === 'none' || evidence.basis !== 'requests') return undefined;
  if (evidence.reason === 'MetricsNotRecognized') {
    return { status: 'False', reason: 'MetricsNotRecognized', message: evidence.sentence };
  }
  if (evidence.reason === 'ScrapeFailed') {
    return { status: 'False', reason: 'MetricsUnavailable', message: evidence.sentence };
  }
  if (evidence.canary.requests + evidence.stable.requests === 0) return undefined;
  return {
    status: 'True',
    reason: 'MetricsRecognized',
    message: `requests and errors of the pods are being counted; ${tempering(evidence.dispersion)}`,
  };
}

/* Said while the gateway's counters are read; silent at rest. */
function gatewayCondition(evidence: EvidenceView): Verdict | undefined {
  if (evidence.kind === 'none' || evidence.gateway === undefined) return undefined;
  const { gateway } = evidence;
  if (gateway.kind === 'trouble') {
    return { status: 'False', reason: gateway.reason, message: gateway.message.slice(0, 1024) };
  }
  return {
    status: 'True',
    reason: 'GatewayCounted',
    message: 'requests and errors of both versions are being counted at the gateway',
  };
}
