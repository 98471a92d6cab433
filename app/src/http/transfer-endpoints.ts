// POST /transfers and GET /transfers/:id.
import { Problem } from '../domain/problem.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Store } from '../store/store.ts';
import type { Endpoint, Reply } from './endpoint.ts';
import { replyOnce } from './keyed-reply.ts';
import { readId, readIdempotencyKey, readTransferOrder } from './requests.ts';

/** Same key and same body: same answer, however often. The header tells a repeat from the first. */
export function postTransferEndpoint(store: Store): Endpoint {
  return async (request) => {
    const key = readIdempotencyKey(request);
    const outcome = await store.postTransfer(key, readTransferOrder(request.body));
    return replyOnce(outcome, createdTransfer);
  };
}

export function getTransferEndpoint(store: Store): Endpoint {
  return async (request) => {
    const transfer = await store.findTransfer(readId(request.params['id'], 'transfer-not-found'));
    if (transfer === undefined) throw new Problem('transfer-not-found');
    return { status: 200, body: renderTransfer(transfer) };
  };
}

/** 201 and where it is from now on. */
export function createdTransfer(
  { transfer }: { transfer: Transfer },
  headers: Record<string, string>,
): Reply {
  return {
    status: 201,
    body: renderTransfer(transfer),
    headers: { ...headers, location: `/transfers/${transfer.id}` },
  };
}

function renderTransfer({
  id,
  from,
  to,
  amount,
  currency,
  reference,
  createdAt,
}: Transfer): object {
  return {
    id,
    from,
    to,
    amount,
    currency,
    ...(reference === undefined ? {} : { reference }),
    createdAt: createdAt.toISOString(),
  };
}
