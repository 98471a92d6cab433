// Flagger's canary analysis as pkg/controller/scheduler.go describes it (read 2026-07): every
// interval first roll back if the failed checks have reached the threshold, then check a window; no
// value counts as failed; passes never lower the count.
import type { Rule } from './rule.ts';
import { slidingWindow } from './window.ts';

export type FlaggerSettings = {
  readonly name: string;
  readonly intervalSeconds: number;
  readonly windowSeconds: number;
  readonly leastSuccess: number;
  readonly threshold: number;
};

export function flagger(settings: FlaggerSettings): Rule {
  const { name, intervalSeconds, windowSeconds, leastSuccess, threshold } = settings;
  return {
    name,
    start: () => {
      const window = slidingWindow(windowSeconds);
      let failed = 0;
      return (poll, endSeconds) => {
        window.push(poll);
        if (endSeconds % intervalSeconds !== 0) return 'goOn';
        if (failed >= threshold) return 'rollback';
        const rate = window.successRate();
        if (Number.isNaN(rate) || rate < leastSuccess) failed += 1;
        return 'goOn';
      };
    },
  };
}
