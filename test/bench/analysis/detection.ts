// How soon a bad release is rolled back, what that costs users, and how far it is from what any
// rule could do.
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { type Problem, knownBaselineBound, twoSampleBound } from './bounds.ts';
import { type Bar, type Section, type Size, foundText, inPercent, short } from './report.ts';
import { OURS, RULES } from './rules/all.ts';
import { asShipped } from './rules/as-shipped.ts';
import { ALPHA, DEFAULTS, PURE } from './rules/slipway.ts';
import { CANARY_PER_POLL, WEIGHT, independentPoll, pollsIn } from './stream.ts';
import { type Outcome, watchReleases } from './watch.ts';

const PAIRS = [0.001, 0.005].flatMap((p0) =>
  [0.01, 0.02, 0.05, 0.2, 1].map((p1) => ({ p0, p1 })),
);

/** The fault that the picture of the study shows. */
const PICTURED = PAIRS.find(({ p0, p1 }) => p0 === 0.005 && p1 === 0.2);

/** Long enough that nearly every release our rule can tell apart is found. */
const LONG_MINUTES = 480;

/** A mean over a tenth of the releases would scatter by as much as the bar leaves. */
const MEASURED = [...OURS, { ...asShipped, everyNth: 3 }];

type Pair = (typeof PAIRS)[number];

export function detection(size: Size): Section {
  const compared = PAIRS.map((pair, index) => ({
    pair,
    outcomes: watchReleases(RULES, {
      runs: size.badReleases,
      polls: pollsIn(30),
      release: bad(pair, 2_000_000_000 - 100_000 * index),
    }),
  }));
  const measured = PAIRS.map((pair, index) => ({
    pair,
    outcomes: watchReleases(MEASURED, {
      runs: size.badReleases,
      polls: pollsIn(LONG_MINUTES),
      release: bad(pair, 2_000_000_000 - 100_000 * index),
    }),
  }));
  return {
    title: 'Bad releases rolled back',
    text:
      'The fault is there from the start; weight 5 %, 50 requests per second. First table: 30 ' +
      'minutes, a release that was not found counts with all of them. Second: our rule until it ' +
      'decides (as shipped: a third of the releases), against the least mean number of canary requests that any rule with the same bound ' +
      'on false rollbacks needs (columns "bound"). The last three columns are the bars.',
    tables: [
      {
        caption: 'Mean seconds / mean failed requests of users (% found, where not all)',
        head: ['rule', ...PAIRS.map(headOf)],
        rows: RULES.map((rule, row) => [
          rule.name,
          ...compared.map(({ outcomes }) => cell(outcomes[row])),
        ]),
      },
      {
        caption: 'Mean canary requests until our rule decides, and the bounds',
        head: [
          'stable -> canary errors',
          'known-stable bound',
          'bound, ratio 1',
          'ours, ratio 1',
          'bound, defaults',
          'ours, defaults',
          'as shipped',
          'ratio 1: of bar',
          'defaults: of bar',
          'as shipped: of bar',
        ],
        rows: measured.map(({ pair, outcomes }) => boundRow(pair, outcomes)),
      },
    ],
    perRule: (compared.find(({ pair }) => pair === PICTURED)?.outcomes ?? []).map(
      ({ rule, meanCanaryErrors }) => ({ name: rule.name, value: meanCanaryErrors }),
    ),
    bars: bars(measured, size),
  };
}

function bad(pair: Pair, seed: number) {
  return (run: number) => {
    const random = seededRandom(seed + run);
    return () => independentPoll(random, { canary: pair.p1, stable: pair.p0 });
  };
}

type Measured = { readonly pair: Pair; readonly outcomes: readonly Outcome[] };

/** Share of the allowed mean: 2.0 bounds up to 5 % errors, above that 2.5 (bound + one poll). */
function shareOfBar(pair: Pair, outcome: Outcome | undefined, problem: Problem): number {
  const bound = twoSampleBound(problem);
  const allowed = pair.p1 <= 0.05 ? 2 * bound : 2.5 * (bound + CANARY_PER_POLL);
  return (outcome?.meanCanaryRequests ?? Number.POSITIVE_INFINITY) / allowed;
}

function problemOf(pair: Pair, nul: { readonly ratio: number; readonly margin: number }): Problem {
  return { alpha: ALPHA, ...pair, weight: WEIGHT, ratio: nul.ratio, margin: nul.margin };
}

function boundRow(pair: Pair, outcomes: readonly Outcome[]): readonly string[] {
  const [defaults, pure, , shipped] = outcomes;
  const [pureProblem, defaultsProblem] = [problemOf(pair, PURE), problemOf(pair, DEFAULTS)];
  return [
    headOf(pair),
    short(knownBaselineBound(ALPHA, pair.p0, pair.p1)),
    short(twoSampleBound(pureProblem)),
    requestsOf(pure),
    short(twoSampleBound(defaultsProblem)),
    requestsOf(defaults),
    requestsOf(shipped),
    shareOfBar(pair, pure, pureProblem).toFixed(2),
    shareOfBar(pair, defaults, defaultsProblem).toFixed(2),
    shareOfBar(pair, shipped, defaultsProblem).toFixed(2),
  ];
}

function requestsOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  const found = outcome.rolledBack / outcome.runs;
  const text = short(outcome.meanCanaryRequests);
  return found === 1 ? text : `> ${text} (${foundText(found)} found)`;
}

function bars(measured: readonly Measured[], size: Size): readonly Bar[] {
  const rules = [
    { name: 'ratio 1, margin 0', row: 1, nul: PURE },
    { name: 'defaults', row: 0, nul: DEFAULTS },
    { name: 'defaults, every signal on', row: 3, nul: DEFAULTS },
  ];
  return rules.map(({ name, row, nul }) => {
    const shares = measured.map(({ pair, outcomes }) =>
      shareOfBar(pair, outcomes[row], problemOf(pair, nul)),
    );
    return barOf(name, shares, size);
  });
}

function barOf(name: string, shares: readonly number[], size: Size): Bar {
  // Means over few runs scatter; the small study only looks for a rule that lost its power.
  const limit = size.kind === 'full' ? 1 : 1.3;
  const worst = Math.max(...shares);
  return {
    claim:
      `${name}: mean canary requests at most 2.0 x the bound up to 5 % errors, ` +
      'at most 2.5 x (bound + one poll) above',
    held: worst <= limit,
    found: `worst ${worst.toFixed(2)} of what is allowed`,
  };
}

function headOf({ p0, p1 }: Pair): string {
  return `${inPercent(p0)} % -> ${inPercent(p1)} %`;
}

function cell(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  const found = outcome.rolledBack / outcome.runs;
  if (found === 0) return 'never';
  const text = `${short(outcome.meanSeconds)} / ${short(outcome.meanCanaryErrors)}`;
  return found === 1 ? text : `${text} (${foundText(found)})`;
}
