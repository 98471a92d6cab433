// The one place that says what an error of the API server means for a reconcile.
import type { Reason } from '../api/reasons.ts';
import { ApiError, isConflict } from '../kube/api-error.ts';
import type { EffectKind } from '../rollout/decision.ts';

export type ErrorMeaning =
  /** The world moved: look again, then decide again. */
  | { readonly kind: 'lookAgain' }
  /** Trouble on the way: again after the key's backoff. */
  | { readonly kind: 'tryAgain' }
  /** Only a person can mend it: a condition, and a slow retry. */
  | ({ readonly kind: 'tell' } & Problem);

/** What only a person can mend. */
export interface Problem {
  readonly reason: Reason;
  readonly message: string;
}

/** `effect`: the write that failed, for the field that a person has to look at. */
export function meaningOf(error: unknown, effect?: EffectKind): ErrorMeaning {
  if (!(error instanceof ApiError)) return { kind: 'tryAgain' };
  if (isConflict(error)) return { kind: 'lookAgain' };
  switch (error.code) {
    case 'alreadyExists':
    case 'notFound':
      return { kind: 'lookAgain' };
    case 'invalid':
      return refused(error, effect);
    case 'forbidden':
      return tell('Forbidden', error.message);
    default:
      return isOfUnknownShape(error) ? refused(error, effect) : { kind: 'tryAgain' };
  }
}

/* An applied object with a field that its schema does not have is answered 500 (tried on 1.36.3),
   like trouble of the server's own, and would be tried for ever. */
function isOfUnknownShape(error: ApiError): boolean {
  return error.status === 500 && /failed to create typed patch object/.test(error.message);
}

function refused(error: ApiError, effect: EffectKind | undefined): ErrorMeaning {
  switch (effect) {
    case 'setWeight':
    case 'releaseRoute':
      return tell('InvalidSpec', `spec.traffic.gateway.route: ${error.message}`);
    case 'pointService':
      return tell('InvalidSpec', `spec.traffic.service: ${error.message}`);
    default:
      return tell('TemplateRejected', error.message);
  }
}

function tell(reason: Reason, message: string): ErrorMeaning {
  return { kind: 'tell', reason, message: message.slice(0, 1024) };
}
