// The user's queries as the decision core sees them: the result of each, and what all of them
// together mean. Pure; who asks and when is the controller's business (controller/queries).
//
// noData --value--> ok | failing --bad value, `failures` in a row--> failed (stays)
import { assertNever } from '../lib/assert.ts';
import type { CheckResult } from '../api/app-release-status.ts';
import { type QueryRule, semanticsOf } from '../api/query-spec.ts';
import type { QuerySamples, QueryValue } from './query-sample.ts';
import { weighQuery, type Weighed } from './weigh-query.ts';

/**
 * What is known of one query. `failing`: the last value was bad, but not often enough. `noData` and
 * `error` are about the last asking; the bad values counted before it still count.
 */
export interface QueryResult {
  readonly name: string;
  readonly state: 'ok' | 'failing' | 'failed' | 'noData' | 'error';
  readonly value?: QueryValue;
  readonly stableValue?: QueryValue;
  /** Bad values in a row, no data and errors between them left out. */
  readonly failures: number;
  /** Name, numbers and what they mean, for people. */
  readonly sentence: string;
}

/** One result for each query of the release, in the order of the specification. */
export type QueryResults = readonly QueryResult[];

export interface QueriesVerdict {
  readonly kind: 'rollback' | 'hold' | 'pass';
  readonly sentence: string;
}

const SENTENCE_MAX = 512;
const JOINED_MAX = 1024;

/**
 * What the queries say about the candidate.
 *
 * How to use it: the controller's `queries.results(key)` gives the view. The snapshot has it, with
 * `initialResult` for a query that was not asked yet, and `restoredResult` after a restart. Ask this
 * function in every phase of a release, pauses included:
 * - `rollback`: harm like evidence at its threshold, reason `ChecksFailed`, with this sentence;
 * - `hold`: a `verify` step must not pass yet. Its deadline and `onDeadline` decide what becomes of
 *   it; nothing is taken back on it;
 * - `pass`: nothing stands in the way of a `verify` step, which has its other conditions.
 * Without queries the list is empty and it passes. `checkResultsOf` gives their rows of
 * `status.checks`.
 */
export function judgeQueries(results: QueryResults): QueriesVerdict {
  const failed = results.filter(({ state }) => state === 'failed');
  if (failed.length > 0) return { kind: 'rollback', sentence: joined(failed) };
  const open = results.filter(({ state }) => state !== 'ok');
  if (open.length > 0) return { kind: 'hold', sentence: joined(open) };
  return { kind: 'pass', sentence: joined(results) };
}

/** Before the first asking. */
export function initialResult(name: string): QueryResult {
  return { name, state: 'noData', failures: 0, sentence: `${name}: not asked yet` };
}

/**
 * What a restarted operator knows from a row of `status.checks`: the bad values in a row, and a verdict
 * that was reached. A value that was good is none any more: it has to be asked for again.
 */
export function restoredResult(name: string, row: CheckResult | undefined): QueryResult {
  const before = initialResult(name);
  if (row === undefined) return before;
  const failures = row.failures ?? 0;
  if (row.state === 'failed')
    return { ...before, state: 'failed', failures, sentence: `${name}: ${row.message ?? 'failed'}` };
  if (failures === 0) return before;
  const sentence = `${before.sentence} since the operator began; ${failures} bad in a row before`;
  return { ...before, failures, sentence };
}

/** The row of one query in `status.checks`. */
export const queryRow = (name: string): string => `query/${name}`;

/** Takes in one asking. A verdict that was reached stays reached. */
export function stepQuery(
  before: QueryResult,
  query: QueryRule,
  samples: QuerySamples,
): QueryResult {
  if (before.state === 'failed') return before;
  const weighed = weighQuery(semanticsOf(query), samples);
  const failures = failuresAfter(before.failures, weighed.kind);
  const { value, stableValue } = weighed;
  return {
    name: query.name,
    ...(value === undefined ? {} : { value }),
    ...(stableValue === undefined ? {} : { stableValue }),
    failures,
    ...outcomeOf(weighed, query, failures),
  };
}

/** Their rows of `status.checks`; the prefix keeps them apart from the built-in ones. */
export function checkResultsOf(results: QueryResults): CheckResult[] {
  return results.map(({ failures, name, sentence, state }) => ({
    name: queryRow(name),
    state,
    ...(failures > 0 ? { failures } : {}),
    message: sentence.replace(`${name}: `, ''),
  }));
}

function failuresAfter(before: number, kind: Weighed['kind']): number {
  switch (kind) {
    case 'good':
      return 0;
    case 'bad':
      return before + 1;
    case 'noData':
    case 'error':
      return before;
    default:
      return assertNever(kind);
  }
}

function outcomeOf(
  { kind, says }: Weighed,
  { name, failures: limit }: QueryRule,
  failures: number,
): Pick<QueryResult, 'state' | 'sentence'> {
  const sentence = `${name}: ${says}`.slice(0, SENTENCE_MAX);
  switch (kind) {
    case 'good':
      return { state: 'ok', sentence };
    case 'bad':
      return failures >= limit
        ? {
            state: 'failed',
            sentence: `${sentence}${limit === 1 ? '' : `, ${limit} times in a row`}`,
          }
        : { state: 'failing', sentence: `${sentence} (${failures} of ${limit} in a row)` };
    case 'noData':
    case 'error':
      return { state: kind, sentence };
    default:
      return assertNever(kind);
  }
}

function joined(results: QueryResults): string {
  const text = results.map(({ sentence }) => sentence).join('; ');
  return text.length <= JOINED_MAX ? text : `${text.slice(0, JOINED_MAX - 3)}...`;
}
