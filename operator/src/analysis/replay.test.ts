import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseSpec } from '../api/parse.ts';
import { analyse, initialAnalysis } from './analyse.ts';
import { type EvidenceLine, markOf, readEvidenceLine } from './evidence-line.ts';
import { UNKNOWN, paramsOf } from './params-of-spec.ts';
import { replay } from './replay.ts';
import type { Poll } from './sample.ts';
import { canaryPod, pollAt, stablePod } from './testing/polls.ts';

const PARAMS = (() => {
  const spec = parseSpec({
    template: {},
    strategy: { canary: { pace: {} } },
    checks: { scrape: {}, counters: [{ name: 'a', total: { name: 't' }, bad: { name: 'b' } }] },
  });
  if (spec.kind === 'invalid') throw new Error(JSON.stringify(spec.violations));
  return paramsOf(spec.value, { isBypassed: false, dispersion: UNKNOWN });
})();

const HEAD = { kind: 'evidence', version: 1, release: 'bank/ledger', revision: 7 } as const;

/** What the operator writes of these polls, restarted after `restartAt` of them. */
function journalOf(polls: readonly Poll[], restartAt = polls.length): readonly EvidenceLine[] {
  let state = initialAnalysis(PARAMS);
  let poll = 0;
  const begin = () => ({ ...HEAD, poll: 0, begin: { params: PARAMS, state: state.judge } });
  const lines: EvidenceLine[] = [begin()];
  for (const [index, next] of polls.entries()) {
    if (index === restartAt) {
      poll = 0;
      lines.push(begin());
    }
    const analysed = analyse(state, next, PARAMS);
    state = analysed.state;
    poll += 1;
    const { outcomes, verdict } = analysed;
    lines.push({ ...HEAD, poll, outcomes, verdict: markOf(verdict) });
  }
  return lines;
}

const throughLog = (lines: readonly EvidenceLine[]): readonly EvidenceLine[] =>
  lines.map((line) => {
    const read = readEvidenceLine(JSON.parse(JSON.stringify({ ...line, time: 1, level: 30 })));
    if (read === undefined) throw new Error('a line was not read back');
    return read;
  });

const latency = (count: number) => ({
  boundsSeconds: [0.1, 1],
  cumulative: [count >> 1, count],
  count,
});

/** Growing counters of one pod of each version. */
const polls = fc
  .array(
    fc.record({
      canary: fc.nat(20),
      canaryErrors: fc.nat(5),
      stable: fc.nat(200),
      weight: fc.constantFrom(0, 5, 50),
      crashes: fc.nat(1),
      hasCanary: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((steps) => {
    let [canary, errors, stable] = [0, 0, 100];
    return steps.map((step): Poll => {
      canary += step.canary + step.canaryErrors;
      errors += step.canaryErrors;
      stable += step.stable;
      const pods = { pods: 1, incidents: 0 };
      const ofCanary = canaryPod('c', canary, { errors, latency: latency(canary) });
      const ofStable = stablePod('s', stable, { latency: latency(stable) });
      return {
        ...pollAt(step.weight, ...(step.hasCanary ? [ofCanary] : []), ofStable),
        restarts: { elapsedSeconds: 2, canary: { pods: 1, incidents: step.crashes }, stable: pods },
        readiness: { elapsedSeconds: 2, canary: pods, stable: pods },
      };
    });
  });

const bad = Array.from({ length: 12 }, (_, poll): Poll =>
  pollAt(5, canaryPod('c', 5 * poll, { errors: 5 * poll }), stablePod('s', 95 * (poll + 1))),
);

describe('a replay', () => {
  it('comes to the verdicts of the journal, whatever the polls and wherever it was restarted', () => {
    fc.assert(
      fc.property(polls, fc.nat(30), (some, restartAt) => {
        const replayed = replay(throughLog(journalOf(some, restartAt)));
        expect(replayed.flatMap(({ differsAt }) => differsAt ?? [])).toEqual([]);
        expect(replayed.flatMap(({ gap }) => gap ?? [])).toEqual([]);
        expect(replayed.flatMap((one) => one.polls)).toHaveLength(some.length);
      }),
    );
  });

  it('sees a verdict that was recorded otherwise', () => {
    const lines = journalOf(bad).map((line) =>
      'verdict' in line && line.poll === 9
        ? { ...line, verdict: { ...line.verdict, kind: 'continue' as const } }
        : line,
    );
    expect(replay(lines)).toMatchObject([{ differsAt: 9 }]);
  });

  it('judges nothing past a line that is missing, or out of order', () => {
    const lines = journalOf(bad);
    expect(replay(lines.toSpliced(4, 1))).toMatchObject([{ gap: { expected: 4, found: 5 } }]);
    const [begin, first, second, ...rest] = lines;
    const shuffled = [begin, second, first, ...rest].filter((line) => line !== undefined);
    expect(replay(shuffled)).toMatchObject([{ gap: { expected: 1, found: 2 }, polls: [] }]);
  });

  it('leaves out what has no beginning', () => {
    expect(replay(journalOf(bad).slice(1))).toEqual([]);
  });

  it('takes nothing for a line that is none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readEvidenceLine(value)).toBeUndefined();
      }),
    );
  });
});
