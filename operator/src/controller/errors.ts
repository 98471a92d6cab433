// The one place that says what an error of the API server means for a reconcile.
import type { Reason } from '../api/reasons.ts';
import { ApiError, isConflict } from '../kube/api-error.ts';

export type ErrorMeaning =
  /** The world moved: look again, then decide again. */
  | { readonly kind: 'lookAgain' }
  /** Trouble on the way: again after the key's backoff. */
  | { readonly kind: 'tryAgain' }
  /** Only a person can mend it: a condition, and a slow retry. */
  | { readonly kind: 'tell'; readonly reason: Reason; readonly message: string };

/** `isCreate`: an object that exists already means that a cache is behind, not that a name is taken. */
export function meaningOf(error: unknown): ErrorMeaning {
  if (!(error instanceof ApiError)) return { kind: 'tryAgain' };
  if (isConflict(error)) return { kind: 'lookAgain' };
  switch (error.code) {
    case 'alreadyExists':
    case 'notFound':
      return { kind: 'lookAgain' };
    case 'invalid':
      return { kind: 'tell', reason: 'TemplateRejected', message: error.message.slice(0, 1024) };
    case 'forbidden':
      return { kind: 'tell', reason: 'Forbidden', message: error.message.slice(0, 1024) };
    default:
      return { kind: 'tryAgain' };
  }
}
