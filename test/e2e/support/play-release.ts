// One release from the change of the template to its end, and what users saw of it.
import type { AppReleaseStatus } from '../../../operator/src/api/app-release-status.ts';
import type { LoadRun, LoadSnapshot } from '../../load/load.ts';
import type { Stack } from './stack.ts';
import { askForVersion, type Version } from './versions.ts';
import type { Seen, WorldWatch } from './world-watch.ts';

export interface Scenario {
  readonly name: string;
  readonly version: Version;
  readonly want: 'Promoted' | 'RolledBack';
  readonly timeoutMs: number;
}

export interface Played {
  readonly name: string;
  readonly want: Scenario['want'];
  readonly outcome: 'Promoted' | 'RolledBack' | 'TimedOut';
  readonly reason: string;
  readonly message: string;
  readonly seconds: number;
  /** Highest weight of the canary that the route ever had. */
  readonly highestWeight: number;
  /** From the first bad response a user saw until the route gave the canary nothing. */
  readonly secondsToZero?: number;
  /** From the canary's first weight above 0 until it had none again. */
  readonly secondsExposed?: number;
  /** Requests of users during this release, and how many of them failed in any way. */
  readonly requests: number;
  readonly failed: number;
  /** How they failed, and how often: `HTTP 503`, `ECONNRESET`, `timeout`. */
  readonly failures: Readonly<Record<string, number>>;
  readonly error?: string;
}

export interface Stage {
  readonly stack: Stack;
  readonly world: WorldWatch;
  readonly load: LoadRun;
}

export async function playRelease(
  { stack, world, load }: Stage,
  scenario: Scenario,
): Promise<Played> {
  const startedAt = Date.now();
  const before = load.snapshot();
  const last = world.status().history?.[0];
  await askForVersion(stack, scenario.version);
  const isOver = (status: AppReleaseStatus): boolean => {
    const newest = status.history?.[0];
    // A full history keeps its length, and a version asked for again its revision.
    const isNew =
      newest !== undefined &&
      (newest.finishedAt !== last?.finishedAt || newest.revision !== last.revision);
    return (
      isNew &&
      Date.parse(newest.finishedAt) >= startedAt - 1000 &&
      (status.phase === 'Healthy' || status.phase === 'RolledBack')
    );
  };
  try {
    const end = await world.until(`${scenario.name} finished`, isOver, scenario.timeoutMs);
    return summarize({
      scenario,
      startedAt,
      before,
      after: load.snapshot(),
      world,
      end: end.value,
    });
  } catch (error) {
    const told = summarize({
      scenario,
      startedAt,
      before,
      after: load.snapshot(),
      world,
      end: world.status(),
    });
    return {
      ...told,
      outcome: 'TimedOut',
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

interface Ended {
  readonly scenario: Scenario;
  readonly startedAt: number;
  readonly before: LoadSnapshot;
  readonly after: LoadSnapshot;
  readonly world: WorldWatch;
  readonly end: AppReleaseStatus;
}

function summarize({ scenario, startedAt, before, after, world, end }: Ended): Played {
  const weights = world.weights().filter((seen) => seen.at >= startedAt);
  const entry = end.history?.[0];
  const firstBadAt = firstBadSince(after, startedAt);
  const zero =
    firstBadAt === undefined
      ? undefined
      : weights.find((seen) => seen.value === 0 && seen.at >= firstBadAt);
  return {
    name: scenario.name,
    want: scenario.want,
    outcome: entry?.outcome === 'Promoted' ? 'Promoted' : 'RolledBack',
    reason: entry?.reason ?? '',
    message: entry?.message ?? end.message ?? '',
    seconds: (Date.now() - startedAt) / 1000,
    highestWeight: Math.max(0, ...weights.map((seen) => seen.value)),
    ...(firstBadAt !== undefined && zero ? { secondsToZero: (zero.at - firstBadAt) / 1000 } : {}),
    ...exposureOf(weights),
    requests: after.requests - before.requests,
    failed: after.failed - before.failed,
    failures: failuresSince(before, after),
  };
}

/** What failed between two looks at a load. */
export function failuresSince(before: LoadSnapshot, after: LoadSnapshot): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after.errorCodes)
      .map(([code, count]) => [code, count - (before.errorCodes[code] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}

function exposureOf(weights: readonly Seen<number>[]): Pick<Played, 'secondsExposed'> {
  const first = weights.find((seen) => seen.value > 0);
  const last = weights.findLast((seen) => seen.value === 0);
  return first && last && last.at > first.at ? { secondsExposed: (last.at - first.at) / 1000 } : {};
}

/* The load names versions by what they answer with; only this release's one is new enough. */
function firstBadSince(load: LoadSnapshot, startedAt: number): number | undefined {
  const moments = Object.values(load.versions)
    .map((version) => version.firstBadAt)
    .filter((at): at is number => at !== undefined && at >= startedAt);
  return moments.length === 0 ? undefined : Math.min(...moments);
}
