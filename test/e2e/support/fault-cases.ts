// What a version, or the world around it, can do wrong while a candidate has 5 % of the traffic: one
// list for the end-to-end tests and for the benchmark that repeats it.
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { DEMO } from '../../../charts-ts/src/environments/demo.ts';
import { APP_RELEASE } from '../../../operator/src/controller/resources.ts';
import type { AuditResult } from '../../load/audit.ts';
import { closeStage, openStage } from './open-stage.ts';
import { playRelease, type Played, type Stage } from './play-release.ts';
import type { Stack } from './stack.ts';
import { imageNotServing } from './world-watch.ts';

export interface FaultCase {
  readonly name: string;
  readonly want: Played['want'];
  /** The steps of the release. */
  readonly steps: readonly object[];
  readonly timeoutMs: number;
  /** Faults of the candidate; may depend on how fast the ledger answers, in ms. */
  readonly env?: (p50Ms: number) => Readonly<Record<string, string>>;
  /** What is done to the world while the candidate has its traffic. */
  readonly meanwhile?: (stage: Stage) => Promise<void>;
  /** Users ask for nothing until `meanwhile` is over. */
  readonly isQuiet?: boolean;
}

export interface FaultPlayed extends Played {
  readonly audit: AuditResult;
  /** Reasons that the release gave on its way, in order, each once. */
  readonly reasons: readonly string[];
  /** The pace of the ledger before the fault, as its users see it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Long enough for every verdict; it ends by evidence. */
const HELD_AT_5 = [{ weight: 5 }, { verify: { seconds: 900, requests: 50 } }];
const SHORT = [{ weight: 5 }, { verify: { seconds: 20, requests: 50 } }];
export const NEVER_ENOUGH_IN_5_S = { seconds: 5, requests: 50, deadlineSeconds: 15 };
const FAULTY_IMAGE = 'localhost/slipway/ledger:1.2.0';
/** So that the ledger's usual pace is known before anything changes. */
const WARM_UP_MS = 5000;
export const OUTAGE_MS = 25_000;

const errors = (share: number, timeoutMs: number): FaultCase => ({
  name: `${share * 100} % of requests fail`,
  want: 'RolledBack',
  steps: HELD_AT_5,
  timeoutMs,
  env: () => ({ FAULT_ERROR_SHARE: String(share) }),
});

export const FAULT_CASES = {
  allFail: errors(1, 120_000),
  fifthFails: errors(0.2, 180_000),
  twentiethFails: errors(0.05, 900_000),
  doubledLatency: {
    name: 'latency doubled',
    want: 'RolledBack',
    steps: HELD_AT_5,
    timeoutMs: 600_000,
    env: (p50Ms) => ({ FAULT_LATENCY_MS: String(Math.max(5, Math.round(p50Ms))) }),
  },
  crashEachMinute: {
    name: 'a crash every minute',
    want: 'RolledBack',
    steps: HELD_AT_5,
    timeoutMs: 420_000,
    env: () => ({ FAULT_CRASH_AFTER_MS: '60000' }),
  },
  databaseOutage: {
    name: 'the database is gone for 25 s',
    want: 'Promoted',
    steps: SHORT,
    timeoutMs: 300_000,
    meanwhile: withoutDatabase,
  },
  noTraffic: {
    name: 'no traffic at all, then some',
    want: 'Promoted',
    steps: [{ weight: 5 }, { verify: NEVER_ENOUGH_IN_5_S }],
    timeoutMs: 240_000,
    meanwhile: ({ world }) =>
      world.until('held', ({ phase }) => phase === 'Paused', 90_000).then(() => undefined),
    isQuiet: true,
  },
} as const satisfies Record<string, FaultCase>;

type Pace = Pick<FaultPlayed, 'p50Ms' | 'p99Ms'>;

/** Plays one case from a serving ledger to the end of the release. Leaves the ledger serving. */
export async function playFault(stack: Stack, fault: FaultCase): Promise<FaultPlayed> {
  const stage = await openStage(stack, 20);
  try {
    await stage.world.until('serving', ({ phase }) => phase !== 'Progressing', 60_000);
    await askForSteps(stack, fault.steps);
    await sleep(WARM_UP_MS);
    const { p50Ms, p99Ms } = stage.load.snapshot();
    const pace = { p50Ms, p99Ms };
    return fault.isQuiet ? await playQuiet(stage, fault, pace) : await play(stage, fault, pace);
  } finally {
    await closeStage(stage);
  }
}

/* What was taken back is refused: the same fault again has to be another version. The app does not
   look at it. */
const onceMore = () => ({ FAULT_RUN: String(Date.now()) });

async function play(stage: Stage, fault: FaultCase, pace: Pace): Promise<FaultPlayed> {
  const startedAt = Date.now();
  const env = fault.env?.(pace.p50Ms);
  const image = env ? FAULTY_IMAGE : imageNotServing(stage.world);
  const [played] = await Promise.all([
    playRelease(stage, { ...fault, version: { image, env: { ...env, ...onceMore() } } }),
    disturb(stage, fault),
  ]);
  const reasons = reasonsSince(stage, startedAt);
  return { ...played, audit: await stage.load.audit(), reasons, ...pace };
}

/* The users of before are gone; new ones come once the release has said what it makes of silence. */
async function playQuiet(quiet: Stage, fault: FaultCase, pace: Pace): Promise<FaultPlayed> {
  await quiet.load.stop();
  const startedAt = Date.now();
  const version = { image: imageNotServing(quiet.world) };
  const playing = playRelease(quiet, { ...fault, version });
  await disturb(quiet, fault);
  const busy = await openStage(quiet.stack, 20);
  try {
    const played = await playing;
    const { failed, requests } = busy.load.snapshot();
    const reasons = reasonsSince(quiet, startedAt);
    return { ...played, failed, requests, audit: await busy.load.audit(), reasons, ...pace };
  } finally {
    await busy.load.stop();
    await busy.world.stop();
  }
}

async function disturb(stage: Stage, { meanwhile }: FaultCase): Promise<void> {
  if (!meanwhile) return;
  await stage.world.until(
    'at a verify step',
    (status) => status.stage === 'Stepping' && status.step?.kind === 'verify',
    90_000,
  );
  await meanwhile(stage);
}

async function withoutDatabase({ stack }: Stage): Promise<void> {
  const inBank = ['-n', DEMO.namespace];
  const scale = (replicas: number) =>
    stack.kubectlRun(...inBank, 'scale', 'statefulset/postgres', `--replicas=${replicas}`);
  await scale(0);
  await sleep(OUTAGE_MS);
  await scale(1);
  const ready = ['rollout', 'status', 'statefulset/postgres', '--timeout=90s'];
  await stack.kubectlRun(...inBank, ...ready);
}

function reasonsSince({ world }: Stage, startedAt: number): readonly string[] {
  const reasons = world
    .statuses()
    .filter(({ at }) => at >= startedAt)
    .flatMap(({ value }) => value.conditions?.find(({ type }) => type === 'Ready')?.reason ?? []);
  return [...new Set(reasons)];
}

/** The steps of the release, as an author would change them. */
export async function askForSteps({ client }: Stack, steps: readonly object[]): Promise<void> {
  const ref = { type: APP_RELEASE, namespace: DEMO.namespace, name: DEMO.app };
  const path = '/spec/strategy/canary/steps';
  await client.jsonPatch(ref, [{ op: 'replace', path, value: steps }], { fieldManager: 'pipeline' });
}

/** The release as git has it, for the tests that come after. */
export async function restoreSteps(stack: Stack): Promise<void> {
  const uncounted = JSON.stringify({ spec: { checks: { gateway: null } } });
  const release = ['-n', DEMO.namespace, 'patch', 'apprelease', DEMO.app];
  await stack.kubectlRun(...release, '--type=merge', '-p', uncounted);
  const file = join(import.meta.dirname, '../../../deploy/demo/50-release.yaml');
  await stack.kubectlRun('apply', '--server-side', '--force-conflicts', '-f', file);
}
