import { describe, expect, it } from '@jest/globals';
import { errorFromAnswer } from '../kube/api-error.ts';
import { createClient } from '../kube/client.ts';
import { createManualClock } from '../lib/manual-clock.ts';
import { createTemplateTrier } from './templates.ts';

const RELEASE = { namespace: 'a', name: 'web', uid: 'u' };
const TEMPLATE = { spec: { containers: [] } };

/** A server that refuses each dry run with that status, until told otherwise. */
function serverThat(status: number) {
  const world = { refuses: true };
  const client = createClient({
    close: () => undefined,
    stream: () => Promise.reject(new Error('no streams here')),
    request: (call) =>
      world.refuses
        ? Promise.reject(errorFromAnswer({ status, what: 'POST', body: '{"message":"denied by a policy"}' }))
        : Promise.resolve(call.body as never),
  });
  return { client, world };
}

describe('a template that the server refuses', () => {
  it.each([400, 403, 422])('with %d is rejected, and tried again after a while', async (status) => {
    const { client, world } = serverThat(status);
    const clock = createManualClock();
    const trier = createTemplateTrier(client, clock);
    expect(await trier.try(RELEASE, TEMPLATE)).toMatchObject({ kind: 'rejected' });
    world.refuses = false;
    expect(await trier.try(RELEASE, TEMPLATE)).toMatchObject({ kind: 'rejected' });
    clock.advance(30_000);
    expect(await trier.try(RELEASE, TEMPLATE)).toMatchObject({ kind: 'accepted' });
  });

  it('for trouble of its own is not rejected', async () => {
    const { client } = serverThat(500);
    const trier = createTemplateTrier(client, createManualClock());
    await expect(trier.try(RELEASE, TEMPLATE)).rejects.toThrow('denied by a policy');
  });
});
