// What a failed statement means for the caller: try again, answer 503, or it is our bug.

/**
 * conflict: another transaction won, nothing happened, try again. lost: the connection broke, the
 * outcome is unknown. unreachable: it never got there. other: no use trying again.
 */
export type DatabaseErrorKind = 'conflict' | 'lost' | 'unreachable' | 'other';

// PostgreSQL's codes, the socket's, Prisma's, and the kinds of Prisma's driver adapter: a raw query
// that met a broken socket carries nothing but the kind.
const conflictCodes = new Set(['40001', '40P01', '55P03', 'P2034', 'TransactionWriteConflict']);
const lostCodes = new Set([
  '57P01',
  '57P02',
  '57P05',
  '08006',
  '08003',
  '08000',
  '57014',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'P1017',
  'ConnectionClosed',
  'SocketTimeout',
]);
const unreachableCodes = new Set([
  '57P03',
  '53300',
  '08001',
  '08004',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'P1001',
  'P1002',
  'P1008',
  'P2024',
  'P2037',
  'DatabaseNotReachable',
  'TooManyConnections',
]);
// The driver gives these two no code.
const lostText =
  /Connection (terminated|ended unexpectedly)|encountered a connection error|Query read timeout/i;
const unreachableText =
  /timeout exceeded when trying to connect|Connection terminated due to connection timeout/i;
const maxDepth = 6;

/** Looks through Prisma's wrapping for the code that PostgreSQL or the socket gave. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  const layers = layersOf(error);
  const codes = layers.flatMap((layer) => [layer['code'], layer['originalCode'], layer['kind']]);
  const has = (known: ReadonlySet<string>): boolean =>
    codes.some((code) => typeof code === 'string' && known.has(code));
  const says = (pattern: RegExp): boolean =>
    layers.some((layer) =>
      [layer['message'], layer['originalMessage']].some(
        (text) => typeof text === 'string' && pattern.test(text),
      ),
    );
  if (has(conflictCodes)) return 'conflict';
  if (has(unreachableCodes) || says(unreachableText)) return 'unreachable';
  if (has(lostCodes) || says(lostText)) return 'lost';
  return 'other';
}

function layersOf(error: unknown): readonly Record<string, unknown>[] {
  const layers: Record<string, unknown>[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > maxDepth) return;
    const layer = value as Record<string, unknown>;
    layers.push(layer);
    for (const inner of [layer['cause'], layer['meta'], layer['driverAdapterError']])
      visit(inner, depth + 1);
  };
  visit(error, 0);
  return layers;
}
