// RetryPolicy: whether and when a failed call is sent again. Pure; the transport does the waiting.

import type { ApiError } from './api-error.ts';
import type { ApiCall } from './transport.ts';

const MAX_ATTEMPTS = 4;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

export interface FailedAttempt {
  readonly call: ApiCall;
  readonly error: ApiError;
  /** 1 after the first attempt failed. */
  readonly attempts: number;
}

/**
 * Milliseconds until the next attempt, or undefined when there should be none.
 * A 429 was not carried out, so any call may repeat; what may have been carried out repeats only
 * where twice is the same as once. A 409 never repeats: the caller has to look again first.
 */
export function retryDelayMs(failed: FailedAttempt, random: () => number): number | undefined {
  const { call, error, attempts } = failed;
  if (call.retry === 'never' || attempts >= MAX_ATTEMPTS) return undefined;
  if (!mayRepeat(call, error)) return undefined;
  const backoffMs = FIRST_DELAY_MS * 2 ** (attempts - 1);
  const baseMs = Math.min(error.retryAfterMs ?? backoffMs, LONGEST_DELAY_MS);
  // Jitter only upwards: never sooner than the server asked for.
  return baseMs * (1 + 0.25 * random());
}

function mayRepeat(call: ApiCall, error: ApiError): boolean {
  switch (error.code) {
    case 'tooManyRequests':
      return true;
    // Refused before anything was done; the transport reads its credentials again.
    case 'unauthorized':
      return true;
    case 'network':
    case 'server':
    case 'timeout':
      return isIdempotent(call);
    default:
      return false;
  }
}

function isIdempotent(call: ApiCall): boolean {
  return (
    call.retry === 'idempotent' ||
    call.method === 'GET' ||
    call.contentType === 'application/apply-patch+yaml'
  );
}
