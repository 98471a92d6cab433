// What the answers to one query mean, by its threshold or beside stable. One asking at a time;
// how often a bad value counts is the business of queries.ts.
import type { CompareSpec, QuerySemantics, ThresholdSpec } from '../api/query-spec.ts';
import {
  type QuerySample,
  type QuerySamples,
  type QueryValue,
  queryValueText,
} from './query-sample.ts';

/** One of four; `says` is the rest of a sentence that begins with the name of the query. */
export interface Weighed {
  readonly kind: 'good' | 'bad' | 'noData' | 'error';
  readonly says: string;
  readonly value?: QueryValue;
  readonly stableValue?: QueryValue;
}

export function weighQuery(semantics: QuerySemantics, samples: QuerySamples): Weighed {
  const { candidate, stable } = samples;
  if (candidate.kind !== 'value') return withoutValue(candidate, '');
  const { value } = candidate;
  if (semantics.kind === 'compareWithStable') return compared(semantics, value, stable);
  const weighed = within(semantics, value, candidate.what);
  if (weighed.kind !== 'bad' || stable?.kind !== 'value') return weighed;
  const other = within(semantics, stable.value);
  const both = { ...weighed, stableValue: stable.value };
  if (other.kind !== 'bad') return both;
  // An outage that both share says nothing about the new version.
  const says = `${weighed.says}, and so is stable (${queryValueText(stable.value)}): no verdict`;
  return { ...both, kind: 'noData', says };
}

function withoutValue(sample: Exclude<QuerySample, { kind: 'value' }>, whose: string): Weighed {
  const what = sample.kind === 'noData' ? 'no data' : 'error';
  return { kind: sample.kind, says: `${what}${whose}: ${sample.why}` };
}

function within(bounds: ThresholdSpec, value: QueryValue, what?: string): Weighed {
  const shown = `${what === undefined ? '' : `${what} `}${queryValueText(value)}`;
  if (bounds.equals !== undefined) {
    const isGood = String(value) === bounds.equals;
    const wanted = queryValueText(bounds.equals);
    return {
      kind: isGood ? 'good' : 'bad',
      value,
      says: `${shown} is ${isGood ? '' : 'not '}${wanted}`,
    };
  }
  const number = numberOf(value);
  if (number === undefined) return noNumber(value, 'compare it by threshold.equals');
  const { max = Number.POSITIVE_INFINITY, min = Number.NEGATIVE_INFINITY } = bounds;
  if (number > max) return { kind: 'bad', value, says: `${shown} is above ${queryValueText(max)}` };
  if (number < min) return { kind: 'bad', value, says: `${shown} is below ${queryValueText(min)}` };
  return { kind: 'good', value, says: `${shown} is within bounds` };
}

function compared(spec: CompareSpec, value: QueryValue, stable: QuerySample | undefined): Weighed {
  if (stable === undefined)
    return { kind: 'noData', value, says: 'no data of stable: it was not asked' };
  if (stable.kind !== 'value') return { ...withoutValue(stable, ' of stable'), value };
  const both = { value, stableValue: stable.value };
  const [ours, theirs] = [numberOf(value), numberOf(stable.value)];
  if (ours === undefined)
    return { ...noNumber(value, 'texts cannot be compared with stable'), ...both };
  if (theirs === undefined)
    return { ...noNumber(stable.value, 'texts cannot be compared with stable'), ...both };
  const limit = limitOf(spec, theirs);
  if (!Number.isFinite(limit))
    return { ...both, kind: 'error', says: 'error: the values are too large to compare' };
  const arms = `${queryValueText(value)}, stable ${queryValueText(stable.value)}`;
  const [isBad, side, allowed] =
    spec.worse === 'higher'
      ? [ours > limit, 'above', 'at most']
      : [ours < limit, 'below', 'at least'];
  const shown = queryValueText(limit);
  const says = isBad ? `${arms}: ${side} ${shown}` : `${arms}: ${allowed} ${shown} is good`;
  return { kind: isBad ? 'bad' : 'good', says, ...both };
}

/* Away from stable's value, whichever sign it has: an equal value is always good. */
function limitOf({ margin, ratio, worse }: CompareSpec, stable: number): number {
  return worse === 'higher'
    ? stable + Math.abs(stable) * (ratio - 1) + margin
    : stable - Math.abs(stable) * (1 - 1 / ratio) - margin;
}

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/* Many programs write their numbers as text. */
function numberOf(value: QueryValue): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean' || !NUMBER.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function noNumber(value: QueryValue, remedy: string): Weighed {
  return { kind: 'error', value, says: `error: ${queryValueText(value)} is no number; ${remedy}` };
}
