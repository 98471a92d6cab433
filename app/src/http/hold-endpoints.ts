// Holds: set money aside, look, capture, release.
import type { Hold } from '../domain/hold.ts';
import { Problem } from '../domain/problem.ts';
import type { HoldStore } from '../store/store.ts';
import type { Endpoint, Reply } from './endpoint.ts';
import { replyOnce } from './keyed-reply.ts';
import { readCaptureOrder, readHoldOrder, readId, readIdempotencyKey } from './requests.ts';
import { createdTransfer } from './transfer-endpoints.ts';

export function authorizeHoldEndpoint(store: HoldStore): Endpoint {
  return async (request) => {
    const key = readIdempotencyKey(request);
    const outcome = await store.authorizeHold(key, readHoldOrder(request.body));
    return replyOnce(outcome, created);
  };
}

/** Answers the transfer that the hold became. */
export function captureHoldEndpoint(store: HoldStore): Endpoint {
  return async (request) => {
    const key = readIdempotencyKey(request);
    const outcome = await store.captureHold(key, readCaptureOrder(request));
    return replyOnce(outcome, createdTransfer);
  };
}

export function releaseHoldEndpoint(store: HoldStore): Endpoint {
  return async (request) => {
    const id = readId(request.params['id'], 'hold-not-found');
    const outcome = await store.releaseHold(id);
    if (outcome === 'not-open') throw new Problem('hold-not-open');
    if (outcome === 'not-found') throw new Problem('hold-not-found');
    return showHold(store, id);
  };
}

export function getHoldEndpoint(store: HoldStore): Endpoint {
  return (request) => showHold(store, readId(request.params['id'], 'hold-not-found'));
}

async function showHold(store: HoldStore, id: string): Promise<Reply> {
  const hold = await store.findHold(id);
  if (hold === undefined) throw new Problem('hold-not-found');
  return { status: 200, body: renderHold(hold) };
}

function created({ hold }: { hold: Hold }, headers: Record<string, string>): Reply {
  return {
    status: 201,
    body: renderHold(hold),
    headers: { ...headers, location: `/holds/${hold.id}` },
  };
}

/** What is undefined is left out of JSON. */
function renderHold({ createdAt, expiresAt, ...hold }: Hold): object {
  return { ...hold, expiresAt: expiresAt.toISOString(), createdAt: createdAt.toISOString() };
}
