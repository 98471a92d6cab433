// The same where errors cluster in pods: untempered, and tempered by the dispersion that the
// product estimates from half an hour before the release.
import {
  type DispersionParams,
  dispersionOf,
  initialDispersion,
  stepDispersion,
} from '../../../operator/src/analysis/dispersion.ts';
import type { EProcessParams } from '../../../operator/src/analysis/e-process.ts';
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { boundBar } from './false-rollbacks.ts';
import { NOISES, type Noise, armsPoll, stablePods } from './noise.ts';
import { type Section, type Size, inPercent, short } from './report.ts';
import type { Rule } from './rules/rule.ts';
import { ALPHA, DEFAULTS, PURE, slipway } from './rules/slipway.ts';
import { POLL_SECONDS, pollsIn } from './stream.ts';
import { type Outcome, watchReleases } from './watch.ts';

const MEANS = [0.002, 0.005, 0.01];

/** Applications simulated per case; each has its own history and many releases. */
const HISTORIES = 50;

const HISTORY: DispersionParams = {
  shortPolls: 1,
  longPolls: 60 / POLL_SECONDS,
  leastLongBlocks: 10,
};

type Case = { readonly noise: Noise; readonly mean: number; readonly seed: number };

export function dispersed(size: Size): Section {
  const cases = NOISES.flatMap((noise, n) =>
    MEANS.map((mean, m): Case => ({ noise, mean, seed: 10_000_000 * (10 * n + m + 1) })),
  );
  const judged = cases.map((one) => ({ one, ...judgedCase(one, size) }));
  const rows = judged.map(({ one, phi, outcomes }) => [
    `${one.noise.name}, ${inPercent(one.mean)} %`,
    short(phi),
    ...outcomes.map(({ rolledBack, runs }) => inPercent(rolledBack / runs)),
  ]);
  const column = (index: number): readonly (Outcome | undefined)[] =>
    judged.map(({ outcomes }) => outcomes[index]);
  return {
    title: 'Good releases rolled back, errors clustered in pods',
    text:
      'One canary pod and 19 stable pods, 10 minutes, a look every 5 seconds. Tempered: divided by ' +
      'the dispersion measured over the 30 minutes before the release.',
    tables: [
      {
        caption: `Rolled back, % of ${size.goodReleases} releases`,
        head: ['noise, mean errors', 'mean phi', ...VARIANTS.map(({ name }) => name)],
        rows,
      },
    ],
    bars: [
      boundBar('defaults, tempered', column(2), { size, limit: 2 * ALPHA }),
      boundBar('defaults, 1.5 times phi', column(3), { size, limit: 2 * ALPHA }),
    ],
  };
}

type Variant = { readonly name: string; readonly params: (phi: number) => EProcessParams };

const VARIANTS: readonly Variant[] = [
  { name: 'defaults, untempered', params: () => DEFAULTS },
  { name: 'ratio 1, tempered', params: (dispersion) => ({ ...PURE, dispersion }) },
  { name: 'defaults, tempered', params: (dispersion) => ({ ...DEFAULTS, dispersion }) },
  { name: 'defaults, 1.5 phi', params: (phi) => ({ ...DEFAULTS, dispersion: 1.5 * phi }) },
];

function judgedCase(
  one: Case,
  size: Size,
): { readonly phi: number; readonly outcomes: readonly Outcome[] } {
  const phis = Array.from({ length: HISTORIES }, (_, history) => phiOf(one, history));
  const rules = VARIANTS.map((variant) => tempered(variant, phis));
  const outcomes = watchReleases(rules, {
    runs: size.goodReleases,
    polls: pollsIn(10),
    release: (run) => {
      const random = seededRandom(one.seed + run);
      const rates = one.noise.start(random, one.mean);
      return () => armsPoll(random, rates());
    },
  });
  return { phi: phis.reduce((sum, phi) => sum + phi, 0) / phis.length, outcomes };
}

/** Each release of the plan belongs to the next of the applications, with its own phi. */
function tempered(variant: Variant, phis: readonly number[]): Rule {
  let started = 0;
  return {
    name: variant.name,
    start: (run) => {
      const phi = phis[started % phis.length] ?? 1;
      started += 1;
      return slipway(variant.name, variant.params(phi)).start(run);
    },
  };
}

function phiOf(one: Case, history: number): number {
  const random = seededRandom(-one.seed - history - 1);
  const rates = one.noise.start(random, one.mean);
  let state = initialDispersion();
  for (let poll = 0; poll < pollsIn(30); poll += 1) {
    state = stepDispersion(state, stablePods(random, rates()), HISTORY);
  }
  return dispersionOf(state, HISTORY).phi;
}
