// What the results of the user's own queries do to a release.
import { describe, expect, it } from '@jest/globals';
import type { QueryResult } from '../analysis/queries.ts';
import { decide } from './decide.ts';
import { statusOf } from './status.ts';
import { release, set } from './testing/builders.ts';
import { at, NOW } from './testing/sets.ts';

const result = (state: QueryResult['state'], name = 'p99'): QueryResult => ({
  name,
  state,
  failures: state === 'failed' ? 3 : 0,
  sentence: `${name}: ${state}`,
});
const VERIFY = { seconds: 60, requests: 10, deadlineSeconds: 600 };
const tried = (verify: object = VERIFY) =>
  release()
    .steps({ weight: 20 }, { verify }, { pause: {} }, { weight: 50 })
    .stable(set().ready(8))
    .surge(1)
    .candidate(set().ready(2))
    .remembers({ weight: { desired: 20, observed: 20 } });
const startedAgo = (seconds: number) => ({ mark: 2, startedAt: at(-seconds) });
const decided = (snapshot: ReturnType<ReturnType<typeof release>['build']>) => {
  const { message, next, phase, reason } = decide(snapshot, NOW);
  return { message, phase, reason, stage: next.stage };
};

describe('a query that has failed', () => {
  const phases = {
    'at a weight': tried().stepping(0),
    'at a verify': tried().stepping(1),
    'at a verify without metrics': tried().stepping(1),
    'at a pause': tried().stepping(2),
    'held by the specification': tried().spec({ paused: true }).stepping(1),
    'with evidence for the candidate': tried().stepping(1).judged({ verdict: 'promote' }),
    'on its last way': tried().promoting(),
  };

  it.each(Object.entries(phases))('takes the candidate back %s', (_phase, builder) => {
    const decision = decided(builder.asked(result('ok', 'a'), result('failed')).build());
    expect(decision).toMatchObject({
      stage: {
        kind: 'RollingBack',
        cause: { reason: 'ChecksFailed', message: 'p99: failed', outcome: 'failed' },
      },
    });
  });
});

describe('a verify', () => {
  const over = startedAgo(61);
  const late = startedAgo(601);
  const good = { canary: { requests: 100, errors: 0 } };

  it.each([
    ['with numbers', tried().stepping(1, over).judged(good)],
    ['without numbers', tried().stepping(1, over)],
  ])('%s passes once every query is good', (_what, builder) => {
    expect(decided(builder.asked(result('ok'), result('ok', 'b')).build()).stage).toMatchObject({
      step: { index: 2 },
    });
    for (const state of ['failing', 'noData', 'error'] as const) {
      const decision = decided(builder.asked(result('ok'), result(state, 'b')).build());
      expect(decision).toMatchObject({ phase: 'Progressing', stage: { step: { index: 1 } } });
      expect(decision.message).toContain(`b: ${state}`);
    }
  });

  it('does not pass on queries alone', () => {
    const few = { canary: { requests: 9, errors: 0 } };
    const decision = decided(tried().stepping(1, over).judged(few).asked(result('ok')).build());
    expect(decision.stage).toMatchObject({ step: { index: 1 } });
  });

  it.each([
    [
      'hold',
      { phase: 'Paused', reason: 'NoEvidence', stage: { kind: 'Stepping', step: { index: 1 } } },
    ],
    ['promote', { stage: { kind: 'Stepping', step: { index: 2 } } }],
    [
      'rollback',
      {
        stage: {
          kind: 'RollingBack',
          cause: { reason: 'NoDataAtDeadline', message: 'p99: error, 600 s after the step began' },
        },
      },
    ],
  ])('does at its deadline what its author says while a query is open: %s', (onDeadline, want) => {
    const builder = tried({ ...VERIFY, onDeadline })
      .stepping(1, late)
      .asked(result('error'));
    expect(decided(builder.build())).toMatchObject(want);
    expect(decided(builder.judged(good).build())).toMatchObject(want);
  });

  it('of no data waits for no step but itself', () => {
    const decision = decided(tried().stepping(0).asked(result('noData')).build());
    expect(decision.stage).toMatchObject({ step: { index: 1 } });
  });
});

describe('status', () => {
  const statusAfter = (builder: ReturnType<typeof release>) => {
    const snapshot = builder.build();
    const decision = decide(snapshot, NOW);
    return statusOf({ snapshot, decision, now: NOW }, {}, { selector: '', controllerEpoch: 1 });
  };
  const ROW = { name: 'query/p99', state: 'failed', failures: 3, message: 'failed' };

  it('has a row for each query, the last ones of a failed release included', () => {
    const { checks } = statusAfter(tried().stepping(1).asked(result('failed')));
    expect(checks).toEqual([ROW]);
    const both = statusAfter(tried().stepping(1).judged({}).asked(result('ok')));
    expect(both.checks?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['overall', 'query/p99']),
    );
  });

  it('has none at rest', () => {
    expect(
      statusAfter(release().stable(set().ready(10)).asked(result('noData'))).checks,
    ).toBeUndefined();
  });
});
