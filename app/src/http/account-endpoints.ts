// POST /accounts and GET /accounts/:id.
import { randomUUID } from 'node:crypto';

import type { Account } from '../domain/account.ts';
import { Problem } from '../domain/problem.ts';
import type { Store } from '../store/store.ts';
import type { Endpoint } from './endpoint.ts';
import { readFreshness, readId, readNewAccount } from './requests.ts';

/** Opens an account with a balance of zero; money comes in by a transfer. */
export function createAccountEndpoint(store: Store): Endpoint {
  return async (request) => {
    const account = await store.createAccount({
      id: randomUUID(),
      ...readNewAccount(request.body),
    });
    return {
      status: 201,
      body: renderAccount(account),
      headers: { location: `/accounts/${account.id}` },
    };
  };
}

export function getAccountEndpoint(store: Store): Endpoint {
  return async (request) => {
    const id = readId(request.params['id'], 'account-not-found');
    const account = await store.findAccount(id, readFreshness(request));
    if (account === undefined) throw new Problem('account-not-found');
    return { status: 200, body: renderAccount(account) };
  };
}

function renderAccount({ createdAt, ...account }: Account): object {
  return { ...account, createdAt: createdAt.toISOString() };
}
