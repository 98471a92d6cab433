import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type CountParams, type Counted, countPoll, initialCounters } from './counters.ts';
import type { PodSample, Poll, PollOutcome } from './sample.ts';
import { canaryPod, failedPod, poll, pollAt, stablePod, uncountedPod } from './testing/polls.ts';

const PARAMS: CountParams = { maxCarriedPolls: 3, maxPods: 10 };

function last(polls: readonly Poll[], params = PARAMS): Counted {
  return outcomes(polls, params).at(-1) ?? { state: initialCounters(), outcome: NOTHING, growths: [] };
}

const NOTHING: PollOutcome = { kind: 'carried', polls: 0 };

function outcomes(polls: readonly Poll[], params = PARAMS): readonly Counted[] {
  let state = initialCounters();
  return polls.map((next) => {
    const counted = countPoll(state, next, params);
    state = counted.state;
    return counted;
  });
}

const START = poll(canaryPod('c', 0), stablePod('s', 1000, { errors: 10 }));

describe('countPoll', () => {
  it('takes a first look for a baseline where the pod is older than the release', () => {
    expect(last([START]).outcome).toEqual({ kind: 'carried', polls: 1 });
  });

  it('counts growth of old pods and everything of new ones', () => {
    const next = poll(
      canaryPod('c', 5, { errors: 1 }),
      canaryPod('c2', 7, { errors: 2 }),
      stablePod('s', 1100, { errors: 13 }),
      stablePod('s2', 20, { startedAfterRelease: true }),
    );
    expect(last([START, next]).outcome).toEqual({
      kind: 'delta',
      canaryWeightPercent: 5,
      canary: { requests: 12, errors: 3, pods: { listed: 2, read: 2 } },
      stable: { requests: 120, errors: 3, pods: { listed: 2, read: 2 } },
    });
  });

  it.each([
    ['fewer requests', { requests: 4, errors: 10 }, { requests: 4 + 6, errors: 10 }],
    ['fewer errors', { requests: 2000, errors: 2 }, { requests: 2000, errors: 2 }],
  ])('takes %s for a restart and counts from zero', (_name, now, want) => {
    const next = poll(canaryPod('c', 5), stablePod('s', now.requests, { errors: now.errors }));
    expect(last([START, next]).outcome).toMatchObject({ kind: 'delta', stable: want });
  });

  it('lets a vanished pod add nothing, and does not count it twice when it is back', () => {
    const without = poll(canaryPod('c', 5), stablePod('s', 1100));
    const back = poll(canaryPod('c', 9), canaryPod('c2', 50), stablePod('s', 1200));
    const started = poll(canaryPod('c', 0), canaryPod('c2', 40), stablePod('s', 1000));
    const [, , third] = outcomes([started, without, back]);
    expect(third?.outcome).toMatchObject({ canary: { requests: 4, pods: { listed: 2, read: 1 } } });
  });

  it('makes both arms wait for a pod that could not be read, and then counts both', () => {
    const missed = poll(failedPod('c', 'canary'), stablePod('s', 1100, { errors: 60 }));
    const next = poll(canaryPod('c', 10, { errors: 5 }), stablePod('s', 1200, { errors: 110 }));
    const [, second, third] = outcomes([START, missed, next]);
    expect(second?.outcome).toEqual({ kind: 'carried', polls: 2 });
    expect(third?.outcome).toMatchObject({
      canary: { requests: 10, errors: 5 },
      stable: { requests: 200, errors: 100 },
    });
  });

  it('goes on without a pod that stays unreadable, and starts it afresh afterwards', () => {
    const both = (c: number, other: PodSample): Poll =>
      poll(canaryPod('c', c), stablePod('s', 1000 + c), other);
    const polls = [
      both(0, stablePod('bad', 500)),
      ...[1, 2, 3, 4].map((c) => both(c, failedPod('bad', 'stable'))),
      both(5, stablePod('bad', 900)),
      both(6, stablePod('bad', 907)),
    ];
    const seen = outcomes(polls).map(({ outcome }) =>
      outcome.kind === 'delta' ? outcome.stable.requests : outcome.kind,
    );
    expect(seen).toEqual(['carried', 'carried', 'carried', 'carried', 4, 1, 8]);
  });

  it('has no data when nothing of an arm can be read for too long, and forgets that time', () => {
    const dark = (s: number): Poll => poll(failedPod('c', 'canary'), stablePod('s', s));
    const polls = [
      START,
      ...[1100, 1200, 1300, 1400, 1500].map(dark),
      poll(canaryPod('c', 80, { errors: 80 }), stablePod('s', 1600)),
      poll(canaryPod('c', 84, { errors: 81 }), stablePod('s', 1700)),
    ];
    const seen = outcomes(polls).map(({ outcome }) => outcome);
    const waiting = ['carried', 'carried', 'carried', 'carried'];
    const want = [...waiting, 'noData', 'noData', 'carried', 'delta'];
    expect(seen.map(({ kind }) => kind)).toEqual(want);
    expect(seen[5]).toMatchObject({ reason: 'ScrapeFailed', arm: 'canary', polls: 6 });
    expect(seen[7]).toMatchObject({
      canary: { requests: 4, errors: 1 },
      stable: { requests: 100 },
    });
  });

  it('does not count a wait in which the weight changed', () => {
    const polls = [
      pollAt(5, canaryPod('c', 0), stablePod('s', 0)),
      pollAt(5, canaryPod('c', 5), stablePod('s', 95)),
      pollAt(50, failedPod('c', 'canary'), stablePod('s', 195)),
      pollAt(50, canaryPod('c', 60), stablePod('s', 245)),
      pollAt(50, canaryPod('c', 110), stablePod('s', 295)),
    ];
    const kinds = outcomes(polls).map(({ outcome }) => outcome.kind);
    expect(kinds).toEqual(['carried', 'delta', 'carried', 'carried', 'delta']);
  });

  it.each([
    ['no pod of an arm', poll(stablePod('s', 1)), 'NoPods'],
    [
      'no known counter',
      poll(uncountedPod('c', 'canary'), stablePod('s', 1)),
      'MetricsNotRecognized',
    ],
  ])('has no data with %s', (_name, next, reason) => {
    expect(last([next]).outcome).toMatchObject({ kind: 'noData', reason, arm: 'canary' });
  });

  it('tells what stable did while there was no canary', () => {
    const polls = [poll(stablePod('s', 100)), poll(stablePod('s', 150, { errors: 7 }))];
    const { outcome } = last(polls);
    expect(outcome).toMatchObject({ kind: 'noData', stable: { requests: 50, errors: 7 } });
    expect(last(polls.slice(0, 1)).outcome).not.toHaveProperty('stable');
  });

  it('counts a canary whose counters appear with its first request', () => {
    const silent = poll(uncountedPod('c', 'canary'), stablePod('s', 1000));
    const first = poll(canaryPod('c', 3, { errors: 3 }), stablePod('s', 1100));
    expect(last([silent, silent, first]).outcome).toMatchObject({
      canary: { requests: 3, errors: 3 },
      stable: { requests: 100 },
    });
  });

  it('takes expected probes off the requests, never off the errors', () => {
    const canaryAfter = (requests: number, errors: number): unknown => {
      const canary = canaryPod('c', requests, { errors, expectedProbes: 4 });
      return last([START, poll(canary, stablePod('s', 2000))]).outcome;
    };
    expect(canaryAfter(10, 1)).toMatchObject({ canary: { requests: 6, errors: 1 } });
    expect(canaryAfter(4, 3)).toMatchObject({ canary: { requests: 3, errors: 3 } });
  });

  it('takes the probes of a wait off as well', () => {
    const canary = (total: number): PodSample => canaryPod('c', total, { expectedProbes: 4 });
    const wait = poll(canary(9), failedPod('s', 'stable'));
    const next = poll(canary(20), stablePod('s', 2000));
    expect(last([START, wait, next]).outcome).toMatchObject({ canary: { requests: 12 } });
  });

  it('takes an error that no request counter saw for a request', () => {
    const next = poll(canaryPod('c', 3, { errors: 5 }), stablePod('s', 2000));
    expect(last([START, next]).outcome).toMatchObject({ canary: { requests: 5, errors: 5 } });
  });

  it('forgets a pod some time after it vanished', () => {
    const gone = Array.from({ length: 40 }, () => poll(canaryPod('c', 1), stablePod('t', 1)));
    expect(last([START, ...gone.slice(0, 10)]).state.pods).toHaveProperty('s');
    expect(last([START, ...gone]).state.pods).not.toHaveProperty('s');
  });

  it('takes a histogram that contradicts itself for a failed scrape', () => {
    const latency = { boundsSeconds: [0.1, 1], cumulative: [5, 4], count: 5 };
    const next = poll(canaryPod('c', 5, { latency }), stablePod('s', 2000));
    expect(last([START, next]).outcome.kind).toBe('carried');
  });

  it('does not take the past of an old pod for latency of this release', () => {
    const latency = { boundsSeconds: [1], cumulative: [900], count: 1000 };
    const next = poll(canaryPod('c', 5), stablePod('s', 1100, { errors: 10, latency }));
    const { outcome } = last([START, next]);
    expect(outcome).toMatchObject({ kind: 'delta', stable: { requests: 100 } });
    expect(outcome).not.toHaveProperty('stable.latency');
  });

  it('counts latency from zero after a restart that a reading without a histogram hid', () => {
    const hist = (count: number) => ({ boundsSeconds: [1], cumulative: [count], count });
    const at = (total: number, latency: { latency?: ReturnType<typeof hist> }): Poll =>
      poll(canaryPod('c', total, latency), stablePod('s', 1000 + total));
    const polls = [START, at(9, { latency: hist(9) }), at(2, {}), at(20, { latency: hist(20) })];
    expect(last(polls).outcome).toMatchObject({ canary: { latency: { count: 20 } } });
  });

  it('adds latency on the bounds both readings and all pods have', () => {
    const hist = (a: number, b: number, count: number) => ({
      boundsSeconds: [0.1, 1],
      cumulative: [a, b],
      count,
    });
    const first = poll(canaryPod('c', 0), stablePod('s', 9, { latency: hist(1, 5, 9) }));
    const next = poll(
      canaryPod('c', 3, { latency: hist(1, 2, 3) }),
      canaryPod('c2', 3, { latency: { boundsSeconds: [1], cumulative: [3], count: 3 } }),
      stablePod('s', 19, { latency: hist(4, 10, 19) }),
    );
    expect(last([first, next]).outcome).toMatchObject({
      canary: { latency: { boundsSeconds: [1], cumulative: [5], count: 6 } },
      stable: { latency: { boundsSeconds: [0.1, 1], cumulative: [3, 5], count: 10 } },
    });
  });

  it('does not lose or repeat latency over a reading without a histogram', () => {
    const hist = (count: number) => ({ boundsSeconds: [1], cumulative: [count - 1], count });
    const at = (total: number, latency: { latency?: ReturnType<typeof hist> }): Poll =>
      poll(canaryPod('c', total, latency), stablePod('s', total, latency));
    const polls = [at(9, { latency: hist(9) }), at(12, {}), at(20, { latency: hist(20) })];
    const [, second, third] = outcomes(polls).map(({ outcome }) => outcome);
    expect(second).not.toHaveProperty('stable.latency');
    expect(third).toMatchObject({ stable: { latency: { cumulative: [11], count: 11 } } });
    expect(third).toMatchObject({ canary: { latency: { cumulative: [11], count: 11 } } });
  });

  it('judges a pod that is warming up by its errors only', () => {
    const latency = { boundsSeconds: [1], cumulative: [0], count: 5 };
    const started = canaryPod('c', 5, { errors: 2, latency });
    const cold = { ...started, temperature: 'warmingUp' as const };
    const { outcome } = last([START, poll(cold, stablePod('s', 1100))]);
    expect(outcome).toMatchObject({ canary: { requests: 5, errors: 2 } });
    expect(outcome).not.toHaveProperty('canary.latency');
  });

  it('remembers a bounded number of pods, the canary first', () => {
    const many = Array.from({ length: 50 }, (_, i) => stablePod(`s${i}`, 10));
    const first = last([poll(...many, canaryPod('c', 1))]);
    expect(Object.keys(first.state.pods)).toHaveLength(10);
    expect(first.state.pods).toHaveProperty('c');
  });

  it('never crashes and never makes up a count, whatever the counters say', () => {
    const number = fc.oneof(
      fc.double(),
      fc.integer({ min: -5, max: 1000 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 60),
    );
    const uid = fc.constantFrom('a', 'b', 'c', 'd');
    const sample: fc.Arbitrary<PodSample> = fc.oneof(
      fc.record({
        kind: fc.constant('counted' as const),
        podUid: uid,
        arm: fc.constantFrom('canary', 'stable'),
        startedAfterRelease: fc.boolean(),
        counters: fc.record({ requests: number, errors: number }),
        expectedProbes: number,
      }),
      fc.record({
        kind: fc.constantFrom('failed', 'uncounted'),
        podUid: uid,
        arm: fc.constantFrom('canary', 'stable'),
      }),
    );
    const polls = fc.array(fc.array(sample, { maxLength: 5 }).map((list) => poll(...list)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(polls, (list) => {
        for (const { state, outcome } of outcomes(list)) {
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
          const arms = outcome.kind === 'delta' ? [outcome.canary, outcome.stable] : [];
          for (const { requests, errors } of arms) {
            expect(Number.isFinite(requests)).toBe(true);
            expect(errors).toBeGreaterThanOrEqual(0);
            expect(requests).toBeGreaterThanOrEqual(errors);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts each request of a pod that is always read exactly once', () => {
    const growth = fc.array(fc.nat({ max: 50 }), { minLength: 2, maxLength: 20 });
    const readable = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(growth, readable, (steps, reads) => {
        let total = 0;
        const polls = steps.map((step) => {
          total += step;
          const canary = reads.next().value === true ? canaryPod('c', total) : undefined;
          return poll(canary ?? failedPod('c', 'canary'), stablePod('s', 10 * total));
        });
        const all = [
          poll(canaryPod('c', 0), stablePod('s', 0)),
          ...polls,
          poll(canaryPod('c', total), stablePod('s', 10 * total)),
        ];
        const patient = { ...PARAMS, maxCarriedPolls: 100 };
        const sums = outcomes(all, patient).map(({ outcome }) =>
          outcome.kind === 'delta' ? outcome.canary.requests : 0,
        );
        expect(sums.reduce((sum, n) => sum + n, 0)).toBe(total);
      }),
    );
  });
});
