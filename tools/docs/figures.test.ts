import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { initialJudge, judge } from '../../operator/src/analysis/judge.ts';
import { UNKNOWN_DISPERSION } from '../../operator/src/analysis/params.ts';
import { UNKNOWN, paramsOf } from '../../operator/src/analysis/params-of-spec.ts';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { ROOT } from './pages.ts';

/* What a release with `checks.scrape` alone is judged by: every signal there is. */
function defaultParams() {
  const spec = parseSpec({
    template: {},
    strategy: { canary: {} },
    checks: { scrape: {} },
  });
  if (spec.kind === 'invalid') throw new Error('the defaults make no sense');
  return paramsOf(spec.value, { isBypassed: false, dispersion: UNKNOWN });
}

/* Failed requests of the candidate, with none at stable, that take a release back at the defaults. */
function errorsNeeded(weightPercent: number): number {
  const params = defaultParams();
  const pods = { listed: 1, read: 1 };
  for (let errors = 1; errors < 1000; errors += 1) {
    const { verdict } = judge(
      initialJudge(params),
      {
        kind: 'delta',
        canaryWeightPercent: weightPercent,
        canary: { requests: weightPercent + errors, errors, pods },
        stable: { requests: 100 - weightPercent, errors: 0, pods },
      },
      params,
    );
    if (verdict.kind === 'rollback') return errors;
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
    expect(guide).toContain(`dispersion ${UNKNOWN_DISPERSION}), which is what the operator assumes`);
  });
});
