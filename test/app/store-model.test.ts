// The ledger in PostgreSQL and the one in memory, told the same things, say the same things.
import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { parseAmount } from '../../app/src/domain/money.ts';
import type { Amount } from '../../app/src/domain/money.ts';
import { createPool } from '../../app/src/store/pool.ts';
import { createPostgresStore } from '../../app/src/store/postgres-store.ts';
import { defaultRetryPolicy } from '../../app/src/store/retry.ts';
import type { Store } from '../../app/src/store/store.ts';
import { createMemoryStore } from '../../app/src/store/testing/memory-store.ts';
import { seededRandom } from '../load/random.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';

let postgres: PrivatePostgres;
let real: Store;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.createDatabase('bank');
  await migrate(postgres.url('bank'));
  const pool = createPool({
    connection: { connectionString: postgres.url('bank') },
    size: 2,
    applicationName: 'model',
    onIdleError: () => undefined,
  });
  real = createPostgresStore({ pool, retry: defaultRetryPolicy });
});
afterAll(async () => {
  await real.close();
  await postgres.stop();
});

/** Ids that each store gave to the same hold; the place in the list is the hold's name here. */
type HoldIds = { readonly real: string; readonly model: string }[];

interface Played {
  readonly say: string;
  readonly real: unknown;
  readonly model: unknown;
}

const stepsEach = 200;
const mustBeSaid = ['accepted', 'replayed', 'keyReused', 'insufficient-funds', 'hold-not-open'];

it.each([1, 2, 3, 4])('whatever is asked in whatever order (seed %i)', async (seed) => {
  const model = createMemoryStore(() => new Date());
  const random = seededRandom(seed);
  const draw = (below: number): number => Math.floor(random() * below);
  const accounts = await openAccounts([real, model]);
  /** Mostly the customers, who can run out of money. */
  const pick = (): string =>
    (draw(5) === 0 ? accounts[draw(accounts.length)] : accounts[2 + draw(2)]) ?? randomUUID();
  const holds: HoldIds = [];
  const keys: string[] = [];
  /** One in six was used before, for the same or for something else. */
  const key = (): string => {
    const used = draw(6) === 0 ? keys[draw(keys.length)] : undefined;
    if (used !== undefined) return used;
    const fresh = randomUUID();
    keys.push(fresh);
    return fresh;
  };
  const nobody = randomUUID();
  const holdIds = () => holds[draw(holds.length + 1)] ?? { real: nobody, model: nobody };

  /** Decides what to ask; asked again, it is the same request under the same key. */
  const planStep = (): (() => Promise<Played>) => {
    const kind = draw(4);
    const amount = amountOf(1 + draw(60));
    const one = key();
    if (kind === 0) {
      const order = { from: pick(), to: pick(), amount, reference: undefined };
      // The HTTP layer refuses these before the store is asked.
      if (order.from === order.to) return async () => ({ say: 'nothing', real: 0, model: 0 });
      const ask = async (store: Store) => gist(await store.postTransfer(one, order));
      return async () => ({ say: `transfer ${amount}`, real: await ask(real), model: await ask(model) });
    }
    if (kind === 1) {
      const order = { account: pick(), amount, expiresInSeconds: 3_600, reference: undefined };
      return async () => {
        const made = await real.authorizeHold(one, order);
        const modelled = await model.authorizeHold(one, order);
        if (made.kind === 'accepted' && modelled.kind === 'accepted')
          holds.push({ real: made.hold.id, model: modelled.hold.id });
        return { say: `hold ${amount}`, real: gist(made), model: gist(modelled) };
      };
    }
    const hold = holdIds();
    if (kind === 2) {
      const order = { to: pick(), amount: draw(2) === 0 ? undefined : amount };
      // The key stands for this very hold, whose id the stores do not share.
      const own = `${one} ${holds.indexOf(hold)}`;
      return async () => ({
        say: 'capture',
        real: gist(await real.captureHold(own, { ...order, hold: hold.real })),
        model: gist(await model.captureHold(own, { ...order, hold: hold.model })),
      });
    }
    return async () => ({
      say: 'release',
      real: await real.releaseHold(hold.real),
      model: await model.releaseHold(hold.model),
    });
  };

  const asked: (() => Promise<Played>)[] = [];
  const step = (): Promise<Played> => {
    const again = draw(6) === 0 ? asked[draw(asked.length)] : undefined;
    if (again !== undefined) return again();
    const fresh = planStep();
    asked.push(fresh);
    return fresh();
  };

  const said = new Set<string>();
  for (let at = 0; at < stepsEach; at += 1) {
    const played = await step();
    said.add(JSON.stringify(played.real, ['kind', 'rejection']));
    expect({ at, say: played.say, answer: played.real }).toEqual({
      at,
      say: played.say,
      answer: played.model,
    });
  }
  // A run in which everything is refused shows nothing.
  for (const answer of mustBeSaid) expect([...said].join(' ')).toContain(answer);
  for (const id of accounts) expect(await funds(real, id)).toEqual(await funds(model, id));
  for (const hold of holds) {
    const state = (await real.findHold(hold.real))?.state;
    expect(state).toBe((await model.findHold(hold.model))?.state);
  }
});

/** Two customers with money, one of another currency, and the world outside. */
async function openAccounts(stores: readonly Store[]): Promise<readonly string[]> {
  const outside = { id: randomUUID(), name: 'outside', kind: 'external', currency: 'EUR' } as const;
  const customers = Array.from({ length: 2 }, () => ({
    id: randomUUID(),
    name: 'customer',
    kind: 'customer' as const,
    currency: 'EUR',
  }));
  const foreign = { ...outside, id: randomUUID(), currency: 'CHF' };
  const funding = customers.map(({ id }) => ({ key: randomUUID(), to: id }));
  for (const store of stores) {
    for (const account of [outside, foreign, ...customers]) await store.createAccount(account);
    for (const { key, to } of funding)
      await store.postTransfer(key, {
        from: outside.id,
        to,
        amount: amountOf(100),
        reference: undefined,
      });
  }
  return [outside.id, foreign.id, ...customers.map(({ id }) => id), randomUUID()];
}

function amountOf(value: number): Amount {
  const amount = parseAmount(value);
  if (amount === undefined) throw new Error(`${value} is no amount`);
  return amount;
}

async function funds(store: Store, id: string): Promise<unknown> {
  const account = await store.findAccount(id);
  return account === undefined
    ? undefined
    : { balance: account.balance, available: account.available };
}

/** What of an answer both stores have to say alike: all but ids and times. */
function gist(outcome: object): unknown {
  const told = 'transfer' in outcome ? outcome.transfer : 'hold' in outcome ? outcome.hold : {};
  return {
    ...('kind' in outcome ? { kind: outcome.kind } : {}),
    ...('rejection' in outcome ? { rejection: outcome.rejection } : {}),
    ...(typeof told === 'object' && told !== null && 'amount' in told
      ? { amount: told.amount }
      : {}),
  };
}
