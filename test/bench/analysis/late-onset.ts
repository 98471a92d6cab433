// A fault that sets in ten minutes into the release, after a calm in which evidence of innocence
// piled up.
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { type Section, type Size, inPercent, short } from './report.ts';
import { WITHOUT_KAYENTA } from './rules/all.ts';
import { independentPoll, pollsIn } from './stream.ts';
import { type Outcome, watchReleases } from './watch.ts';

const STABLE = 0.005;
const CANARY = [0.05, 0.2, 1];
const CALM_MINUTES = 10;

export function lateOnset(size: Size): Section {
  const rules = WITHOUT_KAYENTA;
  const columns = CANARY.map((rate, index) =>
    watchReleases(rules, {
      runs: size.badReleases,
      polls: pollsIn(CALM_MINUTES + 30),
      release: (run) => {
        const random = seededRandom(-1_000_000_000 - 100_000 * index - run);
        return (poll) =>
          independentPoll(random, {
            canary: poll < pollsIn(CALM_MINUTES) ? STABLE : rate,
            stable: STABLE,
          });
      },
    }),
  );
  const [, , worst] = columns.map((outcomes) => delayOf(outcomes[0]));
  return {
    title: 'Late faults',
    text:
      `Both fail ${inPercent(STABLE)} % of requests for ${CALM_MINUTES} minutes, then the canary ` +
      'worsens. Seconds count from there; a mean below zero says that the rule had rolled back ' +
      'most of these releases while they were still good.',
    tables: [
      {
        caption: 'Mean seconds from the fault to the rollback',
        head: ['rule', ...CANARY.map((rate) => `to ${inPercent(rate)} %`)],
        rows: rules.map((rule, row) => [
          rule.name,
          ...columns.map((outcomes) => short(delayOf(outcomes[row]))),
        ]),
      },
    ],
    bars: [
      {
        claim: 'defaults: a canary that begins to fail every request is taken back within 15 s',
        held: (worst ?? Number.POSITIVE_INFINITY) <= 15,
        found: `${short(worst ?? Number.NaN)} s`,
      },
    ],
  };
}

function delayOf(outcome: Outcome | undefined): number {
  return (outcome?.meanSeconds ?? Number.NaN) - CALM_MINUTES * 60;
}
