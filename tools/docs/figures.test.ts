import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { initialEProcess, logEvidence, stepEProcess } from '../../operator/src/analysis/e-process.ts';
import { DEFAULT_PARAMS } from '../../operator/src/analysis/params.ts';
import { ROOT } from './pages.ts';

/* Failed requests of the candidate, with none at stable, that take a release back at the defaults. */
function errorsNeeded(weightPercent: number): number {
  const params = { ...DEFAULT_PARAMS.errors, plannedPolls: DEFAULT_PARAMS.plannedPolls };
  const needed = -Math.log(DEFAULT_PARAMS.falseRollbackRate);
  for (let errors = 1; errors < 1000; errors += 1) {
    const poll = {
      canary: { requests: weightPercent + errors, errors },
      stable: { requests: 100 - weightPercent, errors: 0 },
    };
    if (logEvidence(stepEProcess(initialEProcess(), poll, params), params) >= needed) return errors;
  }
  throw new Error('no number of errors is enough');
}

describe('the figures of the guide', () => {
  it('on errors that are enough are those of the judge', () => {
    const guide = readFileSync(join(ROOT, 'docs/guide/errors.md'), 'utf8').replace(/\s+/g, ' ');
    expect(guide).toContain(
      `${errorsNeeded(5)} failed requests of the candidate are enough at a weight of 5 %, ` +
        `${errorsNeeded(25)} at 25 % and ${errorsNeeded(50)} at 50 %`,
    );
    expect(guide).toContain(`dispersion ${DEFAULT_PARAMS.errors.dispersion}), which is what the operator assumes`);
  });
});
