// Argo Rollouts' analysis as analysis/analysis.go and its documentation describe it (read 2026-08):
// a measurement per interval, failed when the success condition is false; the release is aborted
// when the failures, counted over its whole life, exceed the failure limit.
import type { Rule } from './rule.ts';
import { slidingWindow } from './window.ts';

export type ArgoSettings = {
  readonly name: string;
  readonly firstSeconds: number;
  readonly intervalSeconds: number;
  readonly windowSeconds: number;
  readonly leastSuccess: number;
  readonly failureLimit: number;
};

export function argoRollouts(settings: ArgoSettings): Rule {
  const { name, firstSeconds, intervalSeconds, windowSeconds } = settings;
  return {
    name,
    start: () => {
      const window = slidingWindow(windowSeconds);
      let failures = 0;
      return (poll, endSeconds) => {
        window.push(poll);
        const due = endSeconds - firstSeconds;
        if (due < 0 || due % intervalSeconds !== 0) return 'goOn';
        // A NaN is an error to be tried again, not a failure.
        if (window.successRate() < settings.leastSuccess) failures += 1;
        return failures > settings.failureLimit ? 'rollback' : 'goOn';
      };
    },
  };
}
