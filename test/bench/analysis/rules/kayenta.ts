// Kayenta's judge as NetflixACAJudge.scala and MannWhitney.scala describe it (read 2025-04): one
// point per minute and arm, a Mann-Whitney test with a 98 % interval of the shift, and the metric
// is High when the interval lies above a quarter of the shift and the mean has risen.
import type { Rule } from './rule.ts';

export type KayentaSettings = {
  readonly name: string;
  /** Judged every so many seconds on all points so far. */
  readonly everySeconds: number;
};

const POINT_SECONDS = 60;
const EFFECT = 0.25;
const Z_98 = 2.326348;
/** By the normal approximation fewer points can never be significant. */
const LEAST_POINTS = 5;

type Point = { requests: number; errors: number };

export function kayenta({ name, everySeconds }: KayentaSettings): Rule {
  return {
    name,
    everyNth: 10,
    start: () => {
      const canary: number[] = [];
      const stable: number[] = [];
      let now = { canary: { requests: 0, errors: 0 }, stable: { requests: 0, errors: 0 } };
      return (poll, endSeconds) => {
        add(now.canary, poll.canary);
        add(now.stable, poll.stable);
        if (endSeconds % POINT_SECONDS === 0) {
          // A minute without requests has no rate; such points are left out.
          if (now.canary.requests > 0) canary.push(now.canary.errors / now.canary.requests);
          if (now.stable.requests > 0) stable.push(now.stable.errors / now.stable.requests);
          now = { canary: { requests: 0, errors: 0 }, stable: { requests: 0, errors: 0 } };
        }
        if (endSeconds % everySeconds !== 0) return 'goOn';
        return isHigh(canary, stable) ? 'rollback' : 'goOn';
      };
    },
  };
}

function isHigh(canary: readonly number[], stable: readonly number[]): boolean {
  if (Math.min(canary.length, stable.length) < LEAST_POINTS) return false;
  const shifts = canary.flatMap((c) => stable.map((s) => c - s)).toSorted((a, b) => a - b);
  const [m, n] = [canary.length, stable.length];
  const rank = Math.round((m * n) / 2 - Z_98 * Math.sqrt((m * n * (m + n + 1)) / 12));
  const lowest = shifts[Math.max(0, rank - 1)] ?? 0;
  const median = ((shifts[Math.floor((m * n - 1) / 2)] ?? 0) + (shifts[Math.floor((m * n) / 2)] ?? 0)) / 2;
  const ratio = mean(canary) / mean(stable);
  return lowest > EFFECT * Math.abs(median) && (Number.isNaN(ratio) || ratio >= 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function add(point: Point, counts: Readonly<Point>): void {
  point.requests += counts.requests;
  point.errors += counts.errors;
}
