// How often a release that is as good as stable is rolled back, under independent errors.
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { lower99, upper99 } from './proportion.ts';
import { type Bar, type Section, type Size, inPercent } from './report.ts';
import { BOUNDED, RULES } from './rules/all.ts';
import { ALPHA } from './rules/slipway.ts';
import { independentPoll, pollsIn } from './stream.ts';
import { type Outcome, watchReleases } from './watch.ts';

const BASELINES = [0.0005, 0.001, 0.005, 0.01, 0.02];

export function falseRollbacks(size: Size): Section {
  const columns = BASELINES.map((rate, index) =>
    watchReleases(RULES, {
      runs: size.goodReleases,
      polls: pollsIn(30),
      release: (run) => {
        const random = seededRandom(1_000_000 * (index + 1) + run);
        return () => independentPoll(random, { canary: rate, stable: rate });
      },
    }),
  );
  const rows = RULES.map((rule, row) => [
    rule.name,
    ...columns.map((outcomes) => inPercent(shareOf(outcomes[row]))),
  ]);
  return {
    title: 'Good releases rolled back',
    text:
      'Canary and stable fail equally often, independently; 30 minutes, a look every 5 seconds. ' +
      `Bound promised for our rule: ${inPercent(ALPHA)} %.`,
    tables: [
      {
        caption: `Rolled back, % of ${size.goodReleases} releases (Kayenta, and Slipway as shipped: every tenth)`,
        head: ['rule', ...BASELINES.map((rate) => `${inPercent(rate)} % errors`)],
        rows,
      },
    ],
    perRule: RULES.map(({ name }, row) => ({
      name,
      value: Math.max(...columns.map((outcomes) => shareOf(outcomes[row]))),
    })),
    bars: BOUNDED.map((rule, row) => boundBar(rule.name, columns.map((list) => list[row]), {
      size,
      limit: ALPHA,
    })),
  };
}

/** The full study must show the bound; the small one must only not refute it. */
export function boundBar(
  name: string,
  outcomes: readonly (Outcome | undefined)[],
  { size, limit }: { readonly size: Size; readonly limit: number },
): Bar {
  const limits = outcomes.map((outcome) => {
    const { rolledBack, runs } = outcome ?? { rolledBack: 1, runs: 1 };
    return size.kind === 'full' ? upper99(rolledBack, runs) : lower99(rolledBack, runs);
  });
  const worst = Math.max(...limits);
  const side = size.kind === 'full' ? 'upper' : 'lower';
  return {
    claim: `${name}: ${side} 99 % limit of false rollbacks at most ${inPercent(limit)} %`,
    held: worst <= limit,
    found: `worst ${inPercent(worst)} %`,
  };
}

function shareOf(outcome: Outcome | undefined): number {
  return outcome === undefined ? Number.NaN : outcome.rolledBack / outcome.runs;
}
