import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { CompareSpec, QuerySemantics, ThresholdSpec } from '../api/query-spec.ts';
import type { QuerySample, QueryValue } from './query-sample.ts';
import { weighQuery } from './weigh-query.ts';

const of = (value: QueryValue): QuerySample => ({ kind: 'value', value });
const NO_DATA: QuerySample = { kind: 'noData', why: 'no series matches' };
const ERROR: QuerySample = { kind: 'error', why: 'connection refused' };
const bounds = (spec: ThresholdSpec): QuerySemantics => ({ kind: 'threshold', ...spec });
const beside = (spec: Partial<CompareSpec> = {}): QuerySemantics => ({
  kind: 'compareWithStable',
  ratio: 1.25,
  margin: 0,
  worse: 'higher',
  ...spec,
});

interface Case {
  readonly semantics: QuerySemantics;
  readonly candidate: QuerySample;
  readonly stable?: QuerySample;
  readonly want: string;
}

const CASES: Record<string, Case> = {
  'at the threshold': {
    semantics: bounds({ max: 0.5 }),
    candidate: of(0.5),
    want: 'good: 0.5 is within bounds',
  },
  'above it': {
    semantics: bounds({ max: 0.5 }),
    candidate: of(0.51),
    want: 'bad: 0.51 is above 0.5',
  },
  'below the least': {
    semantics: bounds({ min: 99 }),
    candidate: of(98.7654321),
    want: 'bad: 98.7654 is below 99',
  },
  'between both': {
    semantics: bounds({ min: -1, max: 1 }),
    candidate: of(0),
    want: 'good: 0 is within bounds',
  },
  'a number as text': {
    semantics: bounds({ max: 5 }),
    candidate: of('7.5'),
    want: 'bad: "7.5" is above 5',
  },
  'the wanted text': {
    semantics: bounds({ equals: 'ok' }),
    candidate: of('ok'),
    want: 'good: "ok" is "ok"',
  },
  'another text': {
    semantics: bounds({ equals: 'ok' }),
    candidate: of('down'),
    want: 'bad: "down" is not "ok"',
  },
  true: {
    semantics: bounds({ equals: 'true' }),
    candidate: of(true),
    want: 'good: true is "true"',
  },
  'a number that has to be one': {
    semantics: bounds({ equals: '200' }),
    candidate: of(200),
    want: 'good: 200 is "200"',
  },
  'a text where a number belongs': {
    semantics: bounds({ max: 5 }),
    candidate: of('many'),
    want: 'error: error: "many" is no number; compare it by threshold.equals',
  },
  'false where a number belongs': {
    semantics: bounds({ max: 5 }),
    candidate: of(false),
    want: 'error: error: false is no number; compare it by threshold.equals',
  },
  'no data': {
    semantics: bounds({ max: 5 }),
    candidate: NO_DATA,
    want: 'noData: no data: no series matches',
  },
  'an error': {
    semantics: bounds({ max: 5 }),
    candidate: ERROR,
    want: 'error: error: connection refused',
  },
  'above it while stable is below': {
    semantics: bounds({ max: 5 }),
    candidate: of(7),
    stable: of(1),
    want: 'bad: 7 is above 5',
  },
  'above it as stable is': {
    semantics: bounds({ max: 5 }),
    candidate: of(7),
    stable: of(6),
    want: 'noData: 7 is above 5, and so is stable (6): no verdict',
  },
  'above it while nothing is known of stable': {
    semantics: bounds({ max: 5 }),
    candidate: of(7),
    stable: ERROR,
    want: 'bad: 7 is above 5',
  },
  'no worse than stable': {
    semantics: beside(),
    candidate: of(1.25),
    stable: of(1),
    want: 'good: 1.25, stable 1: at most 1.25 is good',
  },
  'worse than stable': {
    semantics: beside({ margin: 0.5 }),
    candidate: of(2),
    stable: of(1),
    want: 'bad: 2, stable 1: above 1.75',
  },
  'stable at nothing': {
    semantics: beside({ margin: 0.5 }),
    candidate: of(0.5),
    stable: of(0),
    want: 'good: 0.5, stable 0: at most 0.5 is good',
  },
  'lower than stable where that is worse': {
    semantics: beside({ worse: 'lower' }),
    candidate: of(7),
    stable: of(10),
    want: 'bad: 7, stable 10: below 8',
  },
  'no data of stable': {
    semantics: beside(),
    candidate: of(1),
    stable: NO_DATA,
    want: 'noData: no data of stable: no series matches',
  },
  'an error of stable': {
    semantics: beside(),
    candidate: of(1),
    stable: ERROR,
    want: 'error: error of stable: connection refused',
  },
  'texts beside each other': {
    semantics: beside(),
    candidate: of('a'),
    stable: of(1),
    want: 'error: error: "a" is no number; texts cannot be compared with stable',
  },
};

describe('the answer to a query', () => {
  it.each(Object.entries(CASES))('%s', (_name, { semantics, want, ...samples }) => {
    const { kind, says } = weighQuery(semantics, samples);
    expect(`${kind}: ${says}`).toBe(want);
  });
});

const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyCompare = fc.record({
  ratio: fc.double({ min: 1, max: 1000, noNaN: true }),
  margin: fc.double({ min: 0, max: 1e9, noNaN: true }),
  worse: fc.constantFrom('higher' as const, 'lower' as const),
});

describe('a comparison with stable', () => {
  it('never finds a value bad that is no worse than that of stable, whatever its sign', () => {
    fc.assert(
      fc.property(anyCompare, anyNumber, anyNumber, (spec, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [ours, theirs] = spec.worse === 'higher' ? [low, high] : [high, low];
        expect(weighQuery(beside(spec), { candidate: of(ours), stable: of(theirs) }).kind).not.toBe(
          'bad',
        );
      }),
    );
  });

  it('never changes its mind for the better when the value gets worse', () => {
    fc.assert(
      fc.property(anyCompare, anyNumber, fc.tuple(anyNumber, anyNumber), (spec, stable, pair) => {
        const [better, worse] = pair.toSorted((a, b) => (spec.worse === 'higher' ? a - b : b - a));
        const kindOf = (value = 0) =>
          weighQuery(beside(spec), { candidate: of(value), stable: of(stable) }).kind;
        expect(kindOf(better) === 'bad' && kindOf(worse) === 'good').toBe(false);
      }),
    );
  });

  it('finds nothing bad without two values', () => {
    const lacking = fc.constantFrom(NO_DATA, ERROR);
    const sample = fc.oneof(anyNumber.map(of), lacking);
    fc.assert(
      fc.property(
        anyCompare,
        fc.option(sample, { nil: undefined }),
        lacking,
        (spec, stable, lack) => {
          const semantics = beside(spec);
          const arms = stable === undefined ? {} : { stable };
          expect(weighQuery(semantics, { candidate: lack, ...arms }).kind).toBe(lack.kind);
          expect(weighQuery(semantics, { candidate: of(1), stable: lack }).kind).toBe(lack.kind);
        },
      ),
    );
  });
});
