// What both versions share fails for five minutes: nothing may be rolled back for it, and nothing
// promoted during it.
import { DEFAULT_PARAMS } from '../../../operator/src/analysis/params.ts';
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { boundBar } from './false-rollbacks.ts';
import { judgedRelease } from './judged-release.ts';
import { type Section, type Size, inPercent } from './report.ts';
import { BOUNDED, WITHOUT_KAYENTA } from './rules/all.ts';
import { ALPHA } from './rules/slipway.ts';
import { independentPoll, pollsIn } from './stream.ts';
import { type Plan, watchReleases } from './watch.ts';

const STABLE = 0.005;
const OUTAGES = [0.05, 0.5, 1];
const BEGINS = pollsIn(5);
const ENDS = pollsIn(10);
const POLLS = pollsIn(15);

/** Polls after its beginning in which the outage must be noticed: two. */
const NOTICED = 2;

export function sharedOutage(size: Size): Section {
  const rules = WITHOUT_KAYENTA;
  const columns = OUTAGES.map((rate, index) =>
    watchReleases(rules, { runs: size.goodReleases, polls: POLLS, release: shared(rate, index) }),
  );
  const promoted = OUTAGES.map((rate, index) => promotedDuring(size, shared(rate, index)));
  return {
    title: 'Outages of both versions',
    text:
      `Both fail ${inPercent(STABLE)} % of requests; from minute 5 to 10 both fail as the column ` +
      'says. The last line is the product judge with promotion by evidence (margin 1 %): releases ' +
      'promoted during the outage, from its third poll on; the first two may end a release that ' +
      'had earned it before.',
    tables: [
      {
        caption: `% of ${size.goodReleases} releases rolled back, and promoted during it`,
        head: ['rule', ...OUTAGES.map((rate) => `${inPercent(rate)} % errors`)],
        rows: [
          ...rules.map((rule, row) => [
            rule.name,
            ...columns.map((outcomes) => {
              const outcome = outcomes[row];
              return outcome === undefined ? '' : inPercent(outcome.rolledBack / outcome.runs);
            }),
          ]),
          ['Slipway, promoted during the outage', ...promoted.map(inPercent)],
        ],
      },
    ],
    bars: [
      ...BOUNDED.map(({ name }, row) =>
        boundBar(`${name}, shared outage`, columns.map((list) => list[row]), { size, limit: ALPHA }),
      ),
      {
        claim: 'nothing is promoted during an outage of both versions',
        held: promoted.every((share) => share === 0),
        found: promoted.map((share) => `${inPercent(share)} %`).join(', '),
      },
    ],
  };
}

function shared(rate: number, index: number): Plan['release'] {
  return (run) => {
    const random = seededRandom(-1_500_000_000 - 100_000 * index - run);
    return (poll) => {
      const now = poll >= BEGINS && poll < ENDS ? rate : STABLE;
      return independentPoll(random, { canary: now, stable: now });
    };
  };
}

/** Share of releases whose promotion fell into the outage. */
function promotedDuring(size: Size, release: Plan['release']): number {
  const params = {
    ...DEFAULT_PARAMS,
    errors: { ...DEFAULT_PARAMS.errors, method: { kind: 'counts', dispersion: 1 } } as const,
    promotion: { ratio: 1, margin: 0.01, falsePromotionRate: 0.05 },
  };
  let promoted = 0;
  const runs = Math.min(size.goodReleases, 2000);
  for (let run = 0; run < runs; run += 1) {
    const { decision } = judgedRelease(params, POLLS, release(run));
    const poll = decision?.kind === 'promote' ? decision.poll : -1;
    if (poll >= BEGINS + NOTICED && poll < ENDS) promoted += 1;
  }
  return promoted / runs;
}
