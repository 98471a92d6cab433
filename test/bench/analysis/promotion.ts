// How soon a good release is promoted by evidence, and how often one that lies exactly on the
// margin.
import {
  initialNonInferiority,
  logNonInferiority,
  stepNonInferiority,
} from '../../../operator/src/analysis/non-inferiority.ts';
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { knownBaselineBound } from './bounds.ts';
import { lower99, upper99 } from './proportion.ts';
import { type Section, type Size, inPercent, short } from './report.ts';
import { POLL_SECONDS, type Rates, independentPoll, pollsIn } from './stream.ts';

const BETA = 0.05;
const MARGINS = [0.01, 0.005];
const BASELINES = [0, 0.001, 0.005, 0.01];

type Case = { readonly margin: number; readonly rate: number; readonly seed: number };

type Promoted = {
  readonly share: number;
  readonly count: number;
  readonly runs: number;
  readonly seconds: number;
  readonly requests: number;
};

export function promotion(size: Size): Section {
  const cases = MARGINS.flatMap((margin, m) =>
    BASELINES.map((rate, r): Case => ({ margin, rate, seed: 777_000_000 + 100_000 * (10 * m + r) })),
  );
  const results = cases.map((one) => ({
    one,
    good: promoted(one, { canary: one.rate, stable: one.rate }, { size, minutes: 90 }),
    onMargin: promoted(
      { ...one, seed: -one.seed },
      { canary: one.rate + one.margin, stable: one.rate },
      { size, minutes: 30 },
    ),
  }));
  const limits = results.map(({ onMargin: { count, runs } }) =>
    size.kind === 'full' ? upper99(count, runs) : lower99(count, runs),
  );
  const worst = Math.max(...limits);
  return {
    title: 'Promotion by evidence',
    text:
      `Promoted once the canary is shown to fail at most the margin more often than stable, with ` +
      `a bound of ${inPercent(BETA)} % on promoting one that does not. Ratio 1.`,
    tables: [
      {
        caption: 'Good releases (up to 90 minutes), and releases exactly on the margin (30 minutes)',
        head: [
          'margin, error rate of both',
          'mean seconds',
          'mean canary requests',
          'known-stable bound',
          'promoted %',
          'on the margin, promoted %',
        ],
        rows: results.map(({ one, good, onMargin }) => [
          `${inPercent(one.margin)} %, ${inPercent(one.rate)} %`,
          short(good.seconds),
          short(good.requests),
          short(knownBaselineBound(BETA, one.rate + one.margin, one.rate)),
          inPercent(good.share),
          inPercent(onMargin.share),
        ]),
      },
    ],
    bars: [
      {
        claim: `releases on the margin are promoted at most ${inPercent(BETA)} % of the time`,
        held: worst <= BETA,
        found: `worst ${size.kind === 'full' ? 'upper' : 'lower'} limit ${inPercent(worst)} %`,
      },
    ],
  };
}

function promoted(
  one: Case,
  rates: Rates,
  { size, minutes }: { readonly size: Size; readonly minutes: number },
): Promoted {
  const total = { count: 0, polls: 0, requests: 0 };
  for (let run = 0; run < size.badReleases; run += 1) {
    const random = seededRandom(one.seed + run);
    let state = initialNonInferiority();
    for (let poll = 0; poll < pollsIn(minutes); poll += 1) {
      const counts = independentPoll(random, rates);
      state = stepNonInferiority(state, counts, { ratio: 1, margin: one.margin, dispersion: 1 });
      total.polls += 1;
      total.requests += counts.canary.requests;
      if (logNonInferiority(state) >= -Math.log(BETA)) {
        total.count += 1;
        break;
      }
    }
  }
  const runs = size.badReleases;
  return {
    count: total.count,
    runs,
    share: total.count / runs,
    seconds: (total.polls * POLL_SECONDS) / runs,
    requests: total.requests / runs,
  };
}
