// W3C Trace Context: the header that names the trace a request belongs to, read and written.
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  /** 32 hex digits, the same for everything one user's action leads to. */
  readonly traceId: string;
  /** 16 hex digits: our own part of the trace. */
  readonly spanId: string;
  /** Two hex digits; bit 0 says that the caller records the trace. */
  readonly flags: string;
}

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const unused = 'ff';
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);
/** Later versions may say more; what we pass on is version 00. */
const knownVersion = '00';

/** Goes on with the caller's trace, or begins one when there is none that can be read. */
export function continueTrace(header: string | undefined): TraceContext {
  if (header === undefined) return startTrace();
  const [, version, traceId, parentId, flags, rest] = traceparent.exec(header) ?? [];
  const isUsable =
    version !== unused &&
    traceId !== noTrace &&
    parentId !== noSpan &&
    !(version === knownVersion && rest !== undefined);
  return traceId === undefined || flags === undefined || !isUsable
    ? startTrace()
    : { traceId, spanId: randomHex(8), flags };
}

/** A trace of our own, not recorded by anybody yet. */
export function startTrace(): TraceContext {
  return { traceId: randomHex(16), spanId: randomHex(8), flags: '00' };
}

/** The header for answers and for calls to others. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `${knownVersion}-${traceId}-${spanId}-${flags}`;
}

/* Random bytes cost a system call each time, so they are fetched by the page. */
const page = Buffer.alloc(4_096);
let used = page.length;

function randomHex(bytes: number): string {
  if (used + bytes > page.length) {
    randomBytes(page.length).copy(page);
    used = 0;
  }
  used += bytes;
  return page.toString('hex', used - bytes, used);
}
