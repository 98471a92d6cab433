// What is asked under an idempotency key is answered in one way, whatever it makes.
import { assertNever } from '../domain/assert-never.ts';
import { Problem } from '../domain/problem.ts';
import type { ProblemCode } from '../domain/problem.ts';
import type { Reply } from './endpoint.ts';

/** What became of a request under a key; `Made` is what it made, now or at the first time. */
type KeyedOutcome<Made> =
  | (Made & { readonly kind: 'accepted' | 'replayed' })
  | { readonly kind: 'rejected'; readonly rejection: ProblemCode }
  | { readonly kind: 'keyReused' }
  | { readonly kind: 'inFlight' };

/**
 * Same key and same body: same answer, however often. A header tells a repeat from the first. Throws the
 * Problem of what was refused.
 */
export function replyOnce<Made>(
  outcome: KeyedOutcome<Made>,
  created: (made: Made, headers: Record<string, string>) => Reply,
): Reply {
  switch (outcome.kind) {
    case 'accepted':
      return created(outcome, {});
    case 'replayed':
      return created(outcome, { 'idempotent-replayed': 'true' });
    case 'rejected':
      throw new Problem(outcome.rejection);
    case 'keyReused':
      throw new Problem('idempotency-key-reused');
    case 'inFlight':
      throw new Problem('request-in-flight', { retryAfterSeconds: 1 });
    default:
      return assertNever(outcome);
  }
}
