// What happened on an account, newest first, a page at a time.

export interface StatementLine {
  /** Grows with each posting of an account: its lock is held until the posting is committed. */
  readonly id: bigint;
  readonly transfer: string;
  /** The other account. */
  readonly counterparty: string;
  /** Minor units; negative when money went out. */
  readonly amount: bigint;
  readonly reference: string | undefined;
  readonly createdAt: Date;
}

export interface StatementQuery {
  readonly account: string;
  /** Lines at most. */
  readonly limit: number;
  /** Only lines older than this one. */
  readonly before: bigint | undefined;
}

const version = 's1';
const maxId = 9_223_372_036_854_775_807n;

/** Opaque to clients. Names the account too, so that one account's cursor is no use on another. */
export function formatCursor(account: string, before: bigint): string {
  return Buffer.from(`${version}:${account}:${before}`).toString('base64url');
}

/** undefined when it is no cursor of this account. */
export function parseCursor(account: string, cursor: string): bigint | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, digits] = /^s1:[0-9a-f-]{36}:([1-9][0-9]{0,18})$/.exec(text) ?? [];
  if (digits === undefined || !text.startsWith(`${version}:${account}:`)) return undefined;
  const before = BigInt(digits);
  return before <= maxId ? before : undefined;
}
