// What one asking of a query gave: a value, no data, or an error. Three states, told apart at the
// source: what is not there is never taken for a number.

export type QueryValue = number | string | boolean;

export type QuerySample =
  /** Numbers are finite. `what`: what the value is, where its query does not say it. */
  | { readonly kind: 'value'; readonly value: QueryValue; readonly what?: 'exit code' }
  /** The source answered and had nothing that could be judged. */
  | { readonly kind: 'noData'; readonly why: string }
  /** The source did not answer, or answered something else than one value. */
  | { readonly kind: 'error'; readonly why: string };

/** The answers about both versions; `stable` where the query asks about it. */
export interface QuerySamples {
  readonly candidate: QuerySample;
  readonly stable?: QuerySample;
}

const SHOWN_MAX = 64;

/** A value as sentences show it. */
export function queryValueText(value: QueryValue): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  if (typeof value === 'boolean') return String(value);
  const cut = value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}...` : value;
  return JSON.stringify(cut);
}
