// Every way a request can fail, as RFC 9457 problems. One catalogue: nothing answers an error that
// is not in here.

const catalogue = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'idempotency-key-missing': { status: 400, title: 'This request needs an Idempotency-Key header' },
  unauthenticated: { status: 401, title: 'This request needs a token that we know' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'account-not-found': { status: 404, title: 'There is no such account' },
  'transfer-not-found': { status: 404, title: 'There is no such transfer' },
  'upload-incomplete': { status: 400, title: 'The upload ended before all of it was there' },
  'document-not-found': { status: 404, title: 'There is no such document' },
  'hold-not-found': { status: 404, title: 'There is no such hold' },
  'request-in-flight': {
    status: 409,
    title: 'A request with this Idempotency-Key is still being worked on',
  },
  'hold-not-open': { status: 409, title: 'The hold was captured or released before' },
  'hold-expired': { status: 409, title: 'The hold has expired' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has to be application/json' },
  'document-type-not-allowed': { status: 415, title: 'Documents of this type are not taken' },
  'document-type-mismatch': { status: 422, title: 'The document is not what its type says' },
  'digest-mismatch': { status: 422, title: 'The document is not what its digest says' },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
  },
  'payer-not-found': { status: 422, title: 'The paying account does not exist' },
  'payee-not-found': { status: 422, title: 'The receiving account does not exist' },
  'currency-mismatch': { status: 422, title: 'The accounts have different currencies' },
  'insufficient-funds': { status: 422, title: 'The paying account does not hold enough' },
  'capture-too-large': { status: 422, title: 'More than the hold set aside' },
  'too-many-requests': { status: 429, title: 'Too many requests, wait a moment' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'injected-fault': { status: 500, title: 'This version was told to fail' },
  'documents-off': { status: 501, title: 'This deployment keeps no documents' },
  'storage-unavailable': { status: 503, title: 'The documents cannot be kept at the moment' },
  'ledger-busy': { status: 503, title: 'The ledger is busy' },
  'database-unavailable': { status: 503, title: 'The database does not answer' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof catalogue;

/** The HTTP status of a problem. */
export function statusOfProblem(code: ProblemCode): number {
  return catalogue[code].status;
}

/** Its `type`, a name for good. */
export function typeOfProblem(code: ProblemCode): string {
  return `urn:slipway:problem:${code}`;
}

/** One wrong field of a request. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** The body of an error answer. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly errors?: readonly FieldError[];
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Seconds after which asking again makes sense. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** Thrown anywhere below an endpoint; becomes the answer. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? catalogue[code].title, { cause: options.cause });
    this.code = code;
    this.options = options;
  }

  get status(): number {
    return statusOfProblem(this.code);
  }
}

/** Renders a problem. `instance` names the request, so that a user can quote it. */
export function toDocument(problem: Problem, requestId: string): ProblemDocument {
  const { status, title } = catalogue[problem.code];
  const { detail, errors } = problem.options;
  return {
    type: typeOfProblem(problem.code),
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    instance: `urn:request:${requestId}`,
    ...(errors === undefined ? {} : { errors }),
  };
}
