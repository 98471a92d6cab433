// Transfers a second: post_transfer in one round trip beside Prisma's interactive transactions.
import { randomUUID } from 'node:crypto';

import { parseAmount } from '../../../app/src/domain/money.ts';
import { isBalanced } from '../../../app/src/domain/summary.ts';
import type { TransferOrder } from '../../../app/src/domain/transfer.ts';
import { createPool } from '../../../app/src/store/pool.ts';
import { createPostgresStore } from '../../../app/src/store/postgres-store.ts';
import { defaultRetryPolicy } from '../../../app/src/store/retry.ts';
import { seededRandom } from '../../load/random.ts';
import { median, quantile } from '../statistics.ts';
import type { AppFigure } from './figure.ts';
import { createInteractiveStore } from './interactive-transfer.ts';

export interface TransferBench {
  readonly url: string;
  readonly rounds: number;
  readonly roundMs: number;
  readonly accounts: number;
}

type Send = (key: string, order: TransferOrder) => Promise<unknown>;
interface Round {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

const poolSize = 10;
const clients = 50;
const target = 5;

/** Throws when the ledger does not add up afterwards: a fast wrong answer is no figure. */
export async function benchTransfers(bench: TransferBench): Promise<readonly AppFigure[]> {
  const pool = (name: string) =>
    createPool({
      connection: { connectionString: bench.url },
      size: poolSize,
      applicationName: name,
      onIdleError: () => undefined,
    });
  const ours = createPostgresStore({ pool: pool('ours'), retry: defaultRetryPolicy });
  const theirs = createInteractiveStore(pool('interactive'));
  try {
    const orders = orderSource(await fundAccounts(ours, bench.accounts));
    const one: Round[] = [];
    const many: Round[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      one.push(await runRound(ours.postTransfer, { ...bench, orders }));
      many.push(await runRound(theirs.postTransfer, { ...bench, orders }));
    }
    const summaries = await ours.summarize();
    if (!summaries.every(isBalanced)) throw new Error('the ledger does not add up after the bench');
    return figures(one, many);
  } finally {
    await ours.close();
    await theirs.close();
  }
}

/** Each gets its money from an outside account of its own, so that the funding can go on in parallel. */
async function fundAccounts(
  store: ReturnType<typeof createPostgresStore>,
  howMany: number,
): Promise<readonly string[]> {
  const open = (kind: 'customer' | 'external') =>
    store.createAccount({ id: randomUUID(), name: 'bench', kind, currency: 'EUR' });
  const ids: string[] = [];
  const fund = async (): Promise<void> => {
    const outside = await open('external');
    while (ids.length < howMany) {
      const { id } = await open('customer');
      ids.push(id);
      const order = { from: outside.id, to: id, amount: amountOf(1_000_000), reference: undefined };
      await store.postTransfer(randomUUID(), order);
    }
  };
  await Promise.all(Array.from({ length: poolSize }, fund));
  return ids;
}

function orderSource(ids: readonly string[]): () => TransferOrder {
  const random = seededRandom(1);
  const pick = (): number => Math.floor(random() * ids.length);
  return () => {
    const from = pick();
    const to = (from + 1 + Math.floor(random() * (ids.length - 1))) % ids.length;
    return {
      from: ids[from] ?? '',
      to: ids[to] ?? '',
      amount: amountOf(1 + Math.floor(random() * 100)),
      reference: undefined,
    };
  };
}

async function runRound(
  send: Send,
  { roundMs, orders }: { roundMs: number; orders: () => TransferOrder },
): Promise<Round> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const client = async (): Promise<void> => {
    while (performance.now() - startedAt < roundMs) {
      const sentAt = performance.now();
      await send(randomUUID(), orders());
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - startedAt) / 1_000;
  return { perSecond: latenciesMs.length / seconds, latenciesMs };
}

function figures(one: readonly Round[], many: readonly Round[]): readonly AppFigure[] {
  const rate = (rounds: readonly Round[]): number => median(rounds.map((round) => round.perSecond));
  const p99 = (rounds: readonly Round[]): number =>
    quantile(
      rounds.flatMap((round) => round.latenciesMs),
      0.99,
    );
  const setting = `${clients} clients, pool ${poolSize}, serializable, fsync off, ${one.length} rounds each`;
  return [
    {
      what: 'transfers: one round trip against interactive transactions',
      value: rate(one) / rate(many),
      unit: 'x',
      budget: { kind: 'atLeast', limit: target },
      note: setting,
    },
    { what: 'transfers in one round trip', value: rate(one), unit: '/s' },
    { what: 'transfers in one round trip, p99', value: p99(one), unit: 'ms' },
    { what: 'transfers by interactive transactions', value: rate(many), unit: '/s' },
    { what: 'transfers by interactive transactions, p99', value: p99(many), unit: 'ms' },
  ];
}

function amountOf(value: number) {
  const amount = parseAmount(value);
  if (amount === undefined) throw new Error(`${value} is no amount`);
  return amount;
}
