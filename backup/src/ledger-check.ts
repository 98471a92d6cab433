// What has to be true of a restored ledger, asked of the database in one query.

/** Every number but the counts has to be zero. */
export interface LedgerFindings {
  readonly accounts: number;
  readonly transfers: number;
  readonly postings: number;
  readonly migrations: number;
  /** Currencies whose postings do not cancel out. */
  readonly unbalancedCurrencies: number;
  /** Accounts whose balance is not the sum of their postings. */
  readonly accountsOutOfBalance: number;
  /** Transfers without exactly one posting of each side and the right amount. */
  readonly brokenTransfers: number;
  readonly overdrawnCustomers: number;
  readonly duplicateKeys: number;
  /** Keys that promise a transfer, or a hold, which is not there. */
  readonly danglingKeys: number;
  /** Accounts that set aside more or less than the sum of their open holds. */
  readonly heldOutOfSum: number;
}

const HELD_OUT_OF_SUM = `SELECT count(*) AS found FROM account a WHERE a.held <> coalesce(
  (SELECT sum(h.amount) FROM hold h WHERE h.account_id = a.id AND h.state = 'open'), 0)`;

/* A set from before there were holds is checked too: what it lacks is named in text only. */
export const ledgerCheckSql = `
SELECT json_build_object(
  'accounts', (SELECT count(*) FROM account),
  'transfers', (SELECT count(*) FROM transfer),
  'postings', (SELECT count(*) FROM posting),
  'migrations', (SELECT count(*) FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL),
  'unbalancedCurrencies', (SELECT count(*) FROM (
     SELECT a.currency FROM posting p JOIN account a ON a.id = p.account_id
      GROUP BY a.currency HAVING sum(p.amount) <> 0) u),
  'accountsOutOfBalance', (SELECT count(*) FROM account a WHERE a.balance <>
     coalesce((SELECT sum(p.amount) FROM posting p WHERE p.account_id = a.id), 0)),
  'brokenTransfers', (SELECT count(*) FROM transfer t WHERE NOT EXISTS (
     SELECT 1 FROM posting p WHERE p.transfer_id = t.id HAVING count(*) = 2
        AND sum(p.amount) FILTER (WHERE p.account_id = t.from_account_id) = -t.amount
        AND sum(p.amount) FILTER (WHERE p.account_id = t.to_account_id) = t.amount)),
  'overdrawnCustomers', (SELECT count(*) FROM account WHERE kind = 'customer' AND balance < 0),
  'duplicateKeys', (SELECT count(*) FROM (
     SELECT key FROM idempotency_key GROUP BY key HAVING count(*) > 1) d),
  'danglingKeys', (SELECT count(*) FROM idempotency_key k WHERE k.rejection IS NULL
     AND to_jsonb(k)->>'hold_id' IS NULL
     AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = k.transfer_id)),
  'heldOutOfSum', CASE WHEN to_regclass('hold') IS NULL THEN 0 ELSE
     (xpath('//found/text()',
        query_to_xml($sql$${HELD_OUT_OF_SUM}$sql$, false, false, '')))[1]::text::int END)`;

const wrongWhenPositive = {
  unbalancedCurrencies: 'currencies whose postings do not add up to zero',
  accountsOutOfBalance: 'accounts whose balance is not the sum of their postings',
  brokenTransfers: 'transfers without their two postings',
  overdrawnCustomers: 'customers with a negative balance',
  duplicateKeys: 'idempotency keys that occur twice',
  danglingKeys: 'idempotency keys whose transfer is missing',
  heldOutOfSum: 'accounts that set aside another sum than their open holds',
} as const satisfies Partial<Record<keyof LedgerFindings, string>>;

/** One sentence per rule that does not hold; empty for a sound ledger. */
export function judgeLedger(findings: LedgerFindings): readonly string[] {
  const broken = Object.entries(wrongWhenPositive).flatMap(([rule, words]) => {
    const count = findings[rule as keyof typeof wrongWhenPositive];
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return findings.migrations > 0
    ? broken
    : [...broken, 'no finished migration: this is not a database of the app'];
}

/** Reads the query's one line. Throws when it is not what the query gives. */
export function parseFindings(text: string): LedgerFindings {
  const value = parseJson(text);
  const names = [
    'accounts',
    'transfers',
    'postings',
    'migrations',
    ...Object.keys(wrongWhenPositive),
  ];
  if (
    typeof value !== 'object' ||
    value === null ||
    !names.every((name) => typeof (value as Record<string, unknown>)[name] === 'number')
  ) {
    throw new Error('the ledger check gave an answer that makes no sense');
  }
  return value as LedgerFindings;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
