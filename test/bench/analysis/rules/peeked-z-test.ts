// What a statistics textbook read too quickly leads to: a one-sided 1 % two-proportion z-test on
// all requests so far, looked at after every poll.
import type { Rule } from './rule.ts';

const Z_99 = 2.326348;
const LEAST_ERRORS = 1;

export const peekedZTest: Rule = {
  name: 'z-test of 1 %, looked at every 5 s',
  start: () => {
    const total = { canary: { requests: 0, errors: 0 }, stable: { requests: 0, errors: 0 } };
    return (poll) => {
      for (const arm of ['canary', 'stable'] as const) {
        total[arm].requests += poll[arm].requests;
        total[arm].errors += poll[arm].errors;
      }
      const { canary, stable } = total;
      const errors = canary.errors + stable.errors;
      if (errors < LEAST_ERRORS || canary.requests === 0 || stable.requests === 0) return 'goOn';
      const pooled = errors / (canary.requests + stable.requests);
      const variance = pooled * (1 - pooled) * (1 / canary.requests + 1 / stable.requests);
      const difference = canary.errors / canary.requests - stable.errors / stable.requests;
      return difference > Z_99 * Math.sqrt(variance) && variance > 0 ? 'rollback' : 'goOn';
    };
  },
};
