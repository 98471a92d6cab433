// UserError: a failure whose message says all that the person at the terminal needs. Anything else
// that is thrown is a bug.
import { ApiError } from '../kube/api-error.ts';

export class UserError extends Error {
  override readonly name = 'UserError';
}

/** A control plane that is being upgraded must not fail a deployment that waits for it. */
export function mayPass(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.code === 'network' ||
      error.code === 'timeout' ||
      error.code === 'server' ||
      error.code === 'tooManyRequests')
  );
}

/** Turns what a call to the API server threw into a sentence; bugs pass through unchanged. */
export function toUserError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  switch (error.code) {
    case 'unauthorized':
      return new UserError('the API server does not know you: log in again, or name another --kubeconfig');
    case 'network':
    case 'timeout':
      return new UserError(
        `the API server cannot be reached (${error.message}): look at KUBECONFIG or --kubeconfig`,
      );
    case 'forbidden':
    case 'invalid':
      return new UserError(serverSentence(error.message));
    case 'notFound':
      return new UserError(`${error.message}: are the CRDs of Slipway installed?`);
    default:
      return new UserError(error.message);
  }
}

/* What a policy says is a sentence already; the names of the policy around it are for its owner. */
function serverSentence(message: string): string {
  const [, denied] = /denied request: ([\s\S]+)$/.exec(message) ?? [];
  return (denied ?? message.replace(/^[A-Z]+ \S+: \d+ \w+: /, '')).trim();
}
