// ApiError: every way a call to the API server can fail, classified once, here.

export type ApiErrorCode =
  | 'conflict'
  | 'notFound'
  | 'alreadyExists'
  | 'invalid'
  | 'forbidden'
  | 'unauthorized'
  | 'expired'
  | 'tooManyRequests'
  | 'timeout'
  | 'network'
  | 'server'
  | 'other';

export interface ApiErrorFields {
  readonly status: number;
  readonly reason: string;
  readonly code: ApiErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: unknown;
  readonly cause?: unknown;
}

/** A failed call. `status` is the HTTP status, 0 when there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The `reason` of the server's Status, or a word of ours when there was no answer. */
  readonly reason: string;
  readonly code: ApiErrorCode;
  /** How long the server asked us to stay away. */
  readonly retryAfterMs?: number;
  /** `Status.details` as sent: causes with field paths for code `invalid`. */
  readonly details?: unknown;

  constructor(fields: ApiErrorFields) {
    super(fields.message, { cause: fields.cause });
    this.status = fields.status;
    this.reason = fields.reason;
    this.code = fields.code;
    if (fields.retryAfterMs !== undefined) this.retryAfterMs = fields.retryAfterMs;
    if (fields.details !== undefined) this.details = fields.details;
  }
}

type StatusBody = {
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: { readonly retryAfterSeconds?: number };
};

export interface FailedAnswer {
  readonly status: number;
  /** The body as text; a Status object when the API server itself answered. */
  readonly body: string;
  readonly retryAfter?: string | undefined;
  /** "GET /api/v1/pods", for the message. */
  readonly what: string;
}

/** Makes the error for an answer outside 2xx. */
export function errorFromAnswer({ status, body, retryAfter, what }: FailedAnswer): ApiError {
  const parsed = readStatus(body);
  const reason = parsed.reason ?? '';
  const text = parsed.message ?? body.slice(0, 200).trim();
  return new ApiError({
    status,
    reason,
    code: classify(status, reason),
    message: `${what}: ${status}${reason === '' ? '' : ` ${reason}`}: ${text}`,
    retryAfterMs: readRetryAfterMs(retryAfter, parsed),
    details: parsed.details,
  });
}

/** Makes the error for an ERROR event inside a watch, whose object is a Status. */
export function errorFromStatus(status: unknown, what: string): ApiError {
  const parsed = typeof status === 'object' && status !== null ? (status as StatusBody) : {};
  return errorFromAnswer({ status: parsed.code ?? 500, body: JSON.stringify(parsed), what });
}

/** Makes the error for a call that got no (complete) answer. */
export function errorWithoutAnswer(
  code: 'timeout' | 'network' | 'other',
  { what, reason, cause }: { what: string; reason: string; cause?: unknown },
): ApiError {
  const text = cause instanceof Error ? `: ${cause.message}` : '';
  return new ApiError({ status: 0, code, reason, message: `${what}: ${reason}${text}`, cause });
}

/** True when the world moved under a write: look again, then decide again. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'conflict' || failedPatchTest(error));
}

// A JSON patch whose `test` fails is answered 422 without causes (read in v1.36.3 and tried).
function failedPatchTest(error: ApiError): boolean {
  return error.code === 'invalid' && /the server rejected our request|test.*failed/i.test(error.message)
    && !hasCauses(error.details);
}

function hasCauses(details: unknown): boolean {
  return typeof details === 'object' && details !== null && 'causes' in details;
}

function classify(status: number, reason: string): ApiErrorCode {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 409:
      return reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict';
    case 410:
      return 'expired';
    case 422:
      return 'invalid';
    case 429:
      return 'tooManyRequests';
    case 504:
      return 'timeout';
    default:
      return status >= 500 ? 'server' : 'other';
  }
}

function readStatus(body: string): StatusBody {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as StatusBody) : {};
  } catch {
    // A proxy or a dying server answers in plain text; the text still goes into the message.
    return {};
  }
}

function readRetryAfterMs(header: string | undefined, status: StatusBody): number | undefined {
  const fromHeader = header === undefined || header === '' ? Number.NaN : Number(header);
  if (Number.isFinite(fromHeader) && fromHeader >= 0) return fromHeader * 1000;
  const fromBody = status.details?.retryAfterSeconds;
  return fromBody === undefined || fromBody <= 0 ? undefined : fromBody * 1000;
}
