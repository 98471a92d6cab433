// A store whose accounts are read through the cache, and which tells the cache of each change.
import type { Store } from '../store/store.ts';
import type { AccountCache } from './account-cache.ts';

/** What the cache says decides nothing: money is only ever moved by what the database holds. */
export function withAccountCache(store: Store, cache: AccountCache): Store {
  return {
    ...store,
    findAccount: (id, freshness) =>
      freshness === 'fresh' ? store.findAccount(id) : cache.read(id, () => store.findAccount(id)),
    createAccount: async (account) => {
      const made = await store.createAccount(account);
      await cache.forget([made.id]);
      return made;
    },
    postTransfer: (key, order) =>
      forgetting(cache, [order.from, order.to], store.postTransfer(key, order)),
    authorizeHold: (key, order) =>
      forgetting(cache, [order.account], store.authorizeHold(key, order)),
    captureHold: async (key, order) => {
      const outcome = await store.captureHold(key, order);
      if ('transfer' in outcome) await cache.forget([outcome.transfer.from, outcome.transfer.to]);
      return outcome;
    },
    releaseHold: async (id) => {
      const outcome = await store.releaseHold(id);
      const hold = await store.findHold(id);
      if (hold !== undefined) await cache.forget([hold.account]);
      return outcome;
    },
  };
}

/** Also when it failed: a lost answer may be that of a change that was made. */
async function forgetting<T>(
  cache: AccountCache,
  ids: readonly string[],
  change: Promise<T>,
): Promise<T> {
  try {
    return await change;
  } finally {
    await cache.forget(ids);
  }
}
