import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { QuerySpec } from '../api/query-spec.ts';
import {
  checkResultsOf,
  initialResult,
  judgeQueries,
  type QueryResult,
  restoredResult,
  stepQuery,
} from './queries.ts';
import type { QuerySample } from './query-sample.ts';

const query = (over: Partial<QuerySpec> = {}): QuerySpec => ({
  name: 'p99',
  failures: 3,
  threshold: { max: 0.5 },
  ...over,
});
const GOOD: QuerySample = { kind: 'value', value: 0.2 };
const BAD: QuerySample = { kind: 'value', value: 0.7 };
const NO_DATA: QuerySample = { kind: 'noData', why: 'no series matches the query' };
const ERROR: QuerySample = { kind: 'error', why: 'no answer within 5 s' };

const after = (samples: readonly QuerySample[], of = query()): QueryResult =>
  samples.reduce(
    (result, candidate) => stepQuery(result, of, { candidate }),
    initialResult(of.name),
  );

describe('the result of a query', () => {
  it.each([
    ['nothing yet', [], { state: 'noData', failures: 0, sentence: 'p99: not asked yet' }],
    ['a good value', [GOOD], { state: 'ok', failures: 0, value: 0.2 }],
    [
      'a bad value',
      [BAD],
      { state: 'failing', failures: 1, sentence: 'p99: 0.7 is above 0.5 (1 of 3 in a row)' },
    ],
    [
      'bad values with a good one between',
      [BAD, BAD, GOOD, BAD, BAD],
      { state: 'failing', failures: 2 },
    ],
    [
      'enough bad values',
      [BAD, BAD, BAD],
      { state: 'failed', sentence: 'p99: 0.7 is above 0.5, 3 times in a row' },
    ],
    ['bad values with none between', [BAD, NO_DATA, BAD, ERROR, BAD], { state: 'failed' }],
    ['no data after bad values', [BAD, BAD, NO_DATA], { state: 'noData', failures: 2 }],
    [
      'an error after a good value',
      [GOOD, ERROR],
      { state: 'error', sentence: 'p99: error: no answer within 5 s' },
    ],
    ['a good value after the verdict', [BAD, BAD, BAD, GOOD], { state: 'failed' }],
  ])('after %s', (_what, samples, want) => {
    expect(after(samples)).toMatchObject(want);
  });

  it('is a verdict at once where one bad value is enough', () => {
    expect(after([BAD], query({ failures: 1 }))).toMatchObject({
      state: 'failed',
      sentence: 'p99: 0.7 is above 0.5',
    });
  });

  it('of a job is good when it ends with 0', () => {
    const smoke: QuerySpec = { name: 'smoke', failures: 1, job: { template: {}, keepSeconds: 0 } };
    const ends = (value: number) => after([{ kind: 'value', value, what: 'exit code' }], smoke);
    expect(ends(0).state).toBe('ok');
    expect(ends(1)).toMatchObject({ state: 'failed', sentence: 'smoke: exit code 1 is above 0' });
  });

  it('never fails on what is no value, and never forgets a failure by it', () => {
    const sample = fc.constantFrom(GOOD, BAD, NO_DATA, ERROR);
    fc.assert(
      fc.property(
        fc.array(sample, { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (samples, failures) => {
          const of = query({ failures });
          const values = samples.filter(({ kind }) => kind === 'value');
          expect(after(samples, of).failures).toBe(after(values, of).failures);
          expect(after(samples, of).state === 'failed').toBe(after(values, of).state === 'failed');
        },
      ),
    );
  });
});

describe('a query after a restart', () => {
  const restarted = (...samples: readonly QuerySample[]): QueryResult => {
    const [row] = checkResultsOf([after(samples)]);
    return restoredResult('p99', row);
  };
  it('has its bad values in a row, and has to be asked again', () => {
    expect(restarted(BAD, BAD)).toEqual({
      name: 'p99',
      state: 'noData',
      failures: 2,
      sentence: 'p99: not asked yet since the operator began; 2 bad in a row before',
    });
    expect(stepQuery(restarted(BAD, BAD), query(), { candidate: BAD }).state).toBe('failed');
    expect(stepQuery(restarted(BAD, BAD), query(), { candidate: GOOD }).failures).toBe(0);
  });
  it('is not good for having been good', () => {
    expect(restarted(GOOD)).toEqual(initialResult('p99'));
    expect(restoredResult('p99', undefined)).toEqual(initialResult('p99'));
  });
  it('has failed where it had', () => {
    expect(restarted(BAD, BAD, BAD)).toMatchObject({
      state: 'failed',
      sentence: 'p99: 0.7 is above 0.5, 3 times in a row',
    });
  });
});

describe('what all queries together mean', () => {
  const states = {
    ok: after([GOOD]),
    failing: after([BAD]),
    failed: after([BAD, BAD, BAD]),
    noData: after([NO_DATA]),
    error: after([ERROR]),
  };
  const of = (...names: (keyof typeof states)[]) => names.map((name) => states[name]);

  it.each([
    ['there are none', of(), 'pass'],
    ['all are good', of('ok', 'ok'), 'pass'],
    ['one has failed', of('ok', 'error', 'failed'), 'rollback'],
    ['one is failing', of('ok', 'failing'), 'hold'],
    ['one has no data', of('noData', 'ok'), 'hold'],
    ['one has an error', of('ok', 'error'), 'hold'],
  ])('when %s', (_what, results, kind) => {
    expect(judgeQueries(results).kind).toBe(kind);
  });

  it('is said with the numbers of those it hangs on', () => {
    expect(judgeQueries(of('ok', 'failed')).sentence).toBe(
      'p99: 0.7 is above 0.5, 3 times in a row',
    );
    expect(judgeQueries(of('ok', 'noData', 'error')).sentence).toBe(
      'p99: no data: no series matches the query; p99: error: no answer within 5 s',
    );
  });

  it('passes only when every query has a good value, and takes back only on a failed one', () => {
    const result = fc.constantFrom(...Object.values(states));
    fc.assert(
      fc.property(fc.array(result, { maxLength: 10 }), (results) => {
        const { kind } = judgeQueries(results);
        expect(kind === 'pass').toBe(results.every(({ state }) => state === 'ok'));
        expect(kind === 'rollback').toBe(results.some(({ state }) => state === 'failed'));
      }),
    );
  });

  it('stays short however long the answers are', () => {
    const why = 'x'.repeat(5000);
    const long = Array.from({ length: 10 }, () => after([{ kind: 'error', why }]));
    expect(judgeQueries(long).sentence.length).toBeLessThanOrEqual(1024);
    expect(checkResultsOf(long).every(({ message = '' }) => message.length <= 512)).toBe(true);
  });

  it('stands in status under names of their own', () => {
    expect(checkResultsOf(of('ok'))).toEqual([
      { name: 'query/p99', state: 'ok', message: '0.2 is within bounds' },
    ]);
  });
});
