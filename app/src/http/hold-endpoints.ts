// Holds: set money aside, look, capture, release.
import { assertNever } from '../domain/assert-never.ts';
import type { Hold } from '../domain/hold.ts';
import { Problem } from '../domain/problem.ts';
import type { HoldStore } from '../store/store.ts';
import type { Endpoint, Reply } from './endpoint.ts';
import { readCaptureOrder, readHoldOrder, readId, readIdempotencyKey } from './requests.ts';
import { createdTransfer } from './transfer-endpoints.ts';

export function authorizeHoldEndpoint(store: HoldStore): Endpoint {
  return async (request) => {
    const key = readIdempotencyKey(request);
    const outcome = await store.authorizeHold(key, readHoldOrder(request.body));
    switch (outcome.kind) {
      case 'accepted':
        return created(outcome.hold, {});
      case 'replayed':
        return created(outcome.hold, { 'idempotent-replayed': 'true' });
      case 'rejected':
        throw new Problem(outcome.rejection);
      case 'keyReused':
        throw new Problem('idempotency-key-reused');
      case 'inFlight':
        throw new Problem('request-in-flight', { retryAfterSeconds: 1 });
      default:
        return assertNever(outcome);
    }
  };
}

/** Answers the transfer that the hold became. */
export function captureHoldEndpoint(store: HoldStore): Endpoint {
  return async (request) => {
    const key = readIdempotencyKey(request);
    const outcome = await store.captureHold(key, readCaptureOrder(request));
    switch (outcome.kind) {
      case 'accepted':
        return createdTransfer(outcome.transfer, {});
      case 'replayed':
        return createdTransfer(outcome.transfer, { 'idempotent-replayed': 'true' });
      case 'rejected':
        throw new Problem(outcome.rejection);
      case 'keyReused':
        throw new Problem('idempotency-key-reused');
      case 'inFlight':
        throw new Problem('request-in-flight', { retryAfterSeconds: 1 });
      default:
        return assertNever(outcome);
    }
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

function created(hold: Hold, headers: Record<string, string>): Reply {
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
