// What a query codec is: it writes a request and reads its answer. An answer is whatever the other
// side chose to send: each one is a value, no data or an error, and none of them throws.
import type { QuerySample } from '../../analysis/query-sample.ts';
import type { PlaceholderValues } from '../../api/placeholders.ts';
import type { Instant } from '../../lib/instant.ts';

/** What a request may depend on besides its query. */
export interface QueryContext {
  /** The version that is asked about, and its release. */
  readonly values: PlaceholderValues;
  readonly now: Instant;
  readonly timeoutSeconds: number;
}

/** Credentials are added by whoever sends it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Decoded, and within the size that the sender allows. */
  readonly body: string;
}

export interface HttpQueryCodec<Source> {
  readonly request: (source: Source, context: QueryContext) => HttpRequest;
  readonly parse: (source: Source, response: HttpResponse) => QuerySample;
}

const WHY_MAX = 300;

export function noData(why: string): QuerySample {
  return { kind: 'noData', why: oneLine(why) };
}

export function failed(why: string): QuerySample {
  return { kind: 'error', why: oneLine(why) };
}

/** A number that can be judged; 0/0 and n/0 are questions without an answer. */
export function numberSample(value: number): QuerySample {
  if (Number.isNaN(value)) return noData('the value is NaN, as 0/0 is: nothing to divide by yet');
  if (!Number.isFinite(value)) {
    return noData(`the value is ${value > 0 ? '+Inf' : '-Inf'}, as a division by 0 is`);
  }
  return { kind: 'value', value };
}

/** The answer's JSON, or why there is none. */
export function jsonOf(
  body: string,
): { readonly json: unknown } | { readonly problem: QuerySample } {
  if (body.trim() === '') return { problem: noData('the answer is empty') };
  try {
    return { json: JSON.parse(body) as unknown };
  } catch {
    return { problem: failed('the answer is not JSON') };
  }
}

/** Words of the other side, fit for a status message. */
function oneLine(text: string): string {
  const plain = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return plain.length > WHY_MAX ? `${plain.slice(0, WHY_MAX)}...` : plain;
}

/** What a status other than 2xx means, for a person. */
export function statusProblem(status: number): QuerySample {
  if (status >= 300 && status < 400) {
    return failed(
      `it answers with a redirect (${status}), which is not followed: name the final address`,
    );
  }
  if (status === 401 || status === 403) {
    return failed(`it refuses us (${status}): look at authorization`);
  }
  return failed(
    status === 404 ? 'nothing is there (404): look at the address' : `it answers ${status}`,
  );
}
