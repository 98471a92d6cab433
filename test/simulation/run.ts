// One run from one seed: troubles first, then a fair time in which the release has to come to an end
// and to rest there. Any broken promise ends it.
import {
  type SeededRandom,
  seededRandom,
} from '../../operator/src/lib/seeded-random.ts';
import { after, type Instant } from '../../operator/src/lib/instant.ts';
import { earliest } from '../../operator/src/rollout/pods.ts';
import { between } from './actors/delay.ts';
import { act, changeSpec, randomDeed, setFaults } from './actors/people.ts';
import { type Cluster, commit, createCluster, moveTo, nextDue, runActors } from './cluster.ts';
import type { Core } from './core.ts';
import { whyNotEnded } from './ending.ts';
import { broken } from './monitors.ts';
import {
  type Look,
  type Process,
  type Trouble,
  type WriteEvent,
  catchUp,
  look,
  startProcess,
} from './operator-process.ts';
import { type Scenario, drawScenario } from './scenario.ts';
import { KINDS } from './view.ts';
import type { World } from './world.ts';

export interface RunOptions {
  readonly core: Core;
  readonly trace?: (line: string) => void;
}

export type Result =
  | {
      readonly kind: 'passed';
      readonly ending: string;
      readonly writes: number;
      readonly looks: number;
    }
  | { readonly kind: 'failed'; readonly why: string };

/** A promise that was not kept; everything else that is thrown is a bug too. */
class Broken extends Error {}

export interface Run {
  readonly cluster: Cluster;
  readonly random: SeededRandom;
  readonly options: RunOptions;
  process: Process;
  /** A frozen leader's last write. */
  thaw: (() => void) | undefined;
  looks: number;
  writes: number;
  /** Trouble for the write with this number, counted over the whole run. */
  /** A change to the world once that many writes are done. */
  interrupt?: { readonly write: number; readonly deed: (world: World) => World };
  planned: readonly PlannedTrouble[];
}

export interface PlannedTrouble {
  readonly write: number;
  readonly trouble: (at: number) => Trouble;
}

export function simulate(seed: number, options: RunOptions): Result {
  const random = seededRandom(seed);
  return simulateScenario(drawScenario(random), random, options);
}

export function simulateScenario(
  scenario: Scenario,
  random: SeededRandom,
  options: RunOptions,
): Result {
  const run = startRun(scenario, random, options);
  say(
    run,
    JSON.stringify({ versions: scenario.world.versions, spec: scenario.world.release?.spec }),
  );
  try {
    for (let event = 0; event < scenario.length; event += 1) trouble(run, scenario);
    run.thaw?.();
    endTroubles(run, scenario);
    const ending = comeToRest(run, scenario);
    return { kind: 'passed', ending, looks: run.looks, writes: run.writes };
  } catch (error) {
    return {
      kind: 'failed',
      why: error instanceof Broken ? error.message : String((error as Error).stack),
    };
  }
}

export function startRun(scenario: Scenario, random: SeededRandom, options: RunOptions): Run {
  const cluster = createCluster(scenario.world);
  return {
    cluster,
    random,
    options,
    process: startProcess(cluster, 1),
    thaw: undefined,
    looks: 0,
    writes: 0,
    planned: [],
  };
}

function say(run: Run, line: string): void {
  run.options.trace?.(
    `${((run.cluster.world.now % 86_400_000) / 1000).toFixed(1).padStart(8)} ${line}`,
  );
}

/* One thing happens: time passes, a cache moves, somebody does something, or the operator looks. */
function trouble(run: Run, { isRough }: Scenario): void {
  const { cluster, random } = run;
  const dice = random.uniform();
  if (dice < 0.35) passSomeTime(run);
  else if (dice < 0.43) {
    const deed = randomDeed(cluster.world, random, isRough);
    say(run, deed.what);
    commit(cluster, deed.world);
  } else if (isRough && dice < 0.46) restart(run);
  else if (isRough && dice < 0.48) run.process.skewMs = between(random, -5000, 5000);
  else lookOnce(run, isRough);
  if (run.thaw && random.uniform() < 0.1) {
    say(run, 'a frozen leader thaws');
    run.thaw();
    run.thaw = undefined;
  }
}

function passSomeTime(run: Run): void {
  const { cluster, random } = run;
  const { now } = cluster.world;
  const dice = random.uniform();
  const most = dice < 0.8 ? 2000 : dice < 0.95 ? 12_000 : 60_000;
  const until = after(now, between(random, 1, most));
  const due = nextDue(cluster);
  moveTo(
    cluster,
    due !== undefined && random.uniform() < 0.5 ? (earliest([due, until]) ?? until) : until,
  );
  runActors(cluster, random);
}

function restart(run: Run): void {
  say(run, 'another leader');
  run.process = startProcess(run.cluster, run.process.epoch + 1);
}

function lookOnce(run: Run, isRough: boolean): Look {
  const { cluster, process, random } = run;
  if (process.isStopped) restart(run);
  for (const kind of KINDS) {
    const latest = cluster.history.length - 1;
    const isBehind = isRough && random.uniform() < 0.15;
    run.process.seen[kind] = isBehind ? between(random, run.process.seen[kind], latest) : latest;
  }
  return lookNow(run, isRough && random.uniform() < 0.25 ? drawTrouble(random) : { kind: 'none' });
}

function drawTrouble(random: SeededRandom): Trouble {
  const at = between(random, 0, 3);
  const dice = random.uniform();
  if (dice < 0.2) return { kind: 'fail', at };
  if (dice < 0.4) return { kind: 'lose', at };
  if (dice < 0.6) return { kind: 'crash', at, when: 'before' };
  if (dice < 0.8) return { kind: 'crash', at, when: 'after' };
  return { kind: 'freeze', at };
}

export function lookNow(run: Run, trouble: Trouble): Look {
  const { cluster, options, random } = run;
  run.looks += 1;
  let written = run.writes;
  const done = look(cluster, run.process, {
    core: options.core,
    trouble,
    onWrite: (event) => {
      judge(run, event);
      written += 1;
      interruptNow(run, written);
    },
    between: () => runActors(cluster, random),
  });
  if (done.thaw) run.thaw = done.thaw;
  run.writes += done.writes;
  runActors(cluster, random);
  const isIdle = done.kind === 'done' && done.writes === 0;
  if (isIdle && run.process.wakeAt !== undefined && run.process.wakeAt <= done.now) {
    throw new Broken(`a hot loop: ${done.decision?.reason} ${done.decision?.message}`);
  }
  return done;
}

function interruptNow(run: Run, writes: number): void {
  if (!run.interrupt || run.interrupt.write !== writes) return;
  say(run, 'interrupted');
  commit(run.cluster, run.interrupt.deed(run.cluster.world));
}

function judge(run: Run, event: WriteEvent): void {
  const { decision, what } = event;
  say(
    run,
    what.kind === 'status'
      ? `  status ${what.status.phase} ${decision.reason} ${what.status.stage} ${what.status.step?.index ?? ''}: ${decision.message}`
      : `  ${JSON.stringify(what)}`,
  );
  const why = broken(event);
  if (why !== undefined) throw new Broken(`${why}${event.isThawed ? ' (by a thawed leader)' : ''}`);
}

/* From here on everything answers, and nobody asks for anything new. */
function endTroubles(run: Run, { isAttended }: Scenario): void {
  const { cluster } = run;
  say(run, 'the troubles are over');
  commit(cluster, setFaults(cluster.world, { metrics: 'fine' }));
  if (isAttended) commit(cluster, changeSpec(cluster.world, { paused: false }));
  restart(run);
}

/** Longer than all deadlines of a release together. */
const REST_WITHIN_MS = 30 * 60_000;
const POLL_MS = 2000;
/** Looks as far apart as this are no activity. */
const SELDOM_MS = 55_000;
/** A release at rest is looked at so often without a write. */
const LOOKS_AT_REST = 10;
/** More looks than this within a fair time is a hot loop. */
const LOOKS_MAX = 3000;

export function comeToRest(run: Run, { isAttended }: Pick<Scenario, 'isAttended'>): string {
  const { cluster } = run;
  const end = after(cluster.world.now, REST_WITHIN_MS);
  const started = run.looks;
  let quiet = 0;
  while (quiet < LOOKS_AT_REST) {
    if (run.looks - started > LOOKS_MAX)
      throw new Broken('it never comes to rest (too many looks)');
    runActors(cluster, run.random);
    if (run.process.isStopped) restart(run);
    catchUp(cluster, run.process);
    const done = lookNow(run, plannedTrouble(run));
    if (done.kind === 'interrupted') run.planned = run.planned.slice(1);
    if (!run.process.isStopped) catchUp(cluster, run.process);
    quiet = done.moves === 0 ? quiet + 1 : 0;
    if (isAttended && attend(run)) quiet = 0;
    const pending = nextMoment(run);
    if (isSomethingUnderWay(run)) quiet = 0;
    else if (done.kind === 'gone') break;
    moveTo(cluster, pending ?? after(cluster.world.now, isJudged(run) ? POLL_MS : 1));
    if (cluster.world.now > end) {
      const status = cluster.world.release?.status;
      throw new Broken(`it never comes to rest: ${status?.phase} ${status?.message}`);
    }
  }
  const why = whyNotEnded(cluster.world);
  if (why !== undefined) throw new Broken(`a bad ending: ${why}`);
  const status = cluster.world.release?.status;
  return status
    ? `${status.phase} ${status.conditions?.find(({ type }) => type === 'Ready')?.reason}`
    : 'gone';
}

/* An operator that looks again every minute and finds nothing to do is at rest all the same. */
function isSomethingUnderWay({ cluster, process }: Run): boolean {
  const { now } = cluster.world;
  const wake = process.wakeAt;
  const isAwaited = wake !== undefined && wake - process.skewMs < now + SELDOM_MS;
  return nextDue(cluster) !== undefined || isAwaited;
}

function plannedTrouble({ planned: [next], writes }: Run): Trouble {
  return next && next.write >= writes ? next.trouble(next.write - writes) : { kind: 'none' };
}

/* When something happens next of itself; undefined when nothing ever will but another poll. A poll
   comes every two seconds while a release is judged, as the samples do. */
function nextMoment(run: Run): Instant | undefined {
  const { cluster, process } = run;
  const { now } = cluster.world;
  const wake = process.wakeAt === undefined ? undefined : after(process.wakeAt, -process.skewMs);
  const moment = earliest([nextDue(cluster), wake]);
  return moment === undefined || !isJudged(run) ? moment : earliest([moment, after(now, POLL_MS)]);
}

function isJudged({ cluster: { world } }: Run): boolean {
  return (
    world.release?.spec.checks?.scrape !== undefined && world.release.status.candidate !== undefined
  );
}

function attend(run: Run): boolean {
  const { cluster } = run;
  const status = cluster.world.release?.status;
  const reason = status?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  const revision = status?.candidate?.revision;
  if (revision === undefined || cluster.world.actions.some((action) => action.result === undefined))
    return false;
  if (reason === 'PausedByAction') commit(cluster, act(cluster.world, 'resume', { revision }));
  else if (reason === 'PauseStep' || reason === 'NoEvidence') {
    if (status?.steps === undefined || isTimed(run)) return false;
    commit(cluster, act(cluster.world, 'promote', { revision }));
  } else return false;
  return true;
}

/* A timed pause goes on by itself. */
function isTimed({ cluster }: Run): boolean {
  const { release } = cluster.world;
  const step = release?.spec.strategy.canary?.steps[release.status.step?.index ?? 0];
  return step?.pause?.seconds !== undefined;
}
