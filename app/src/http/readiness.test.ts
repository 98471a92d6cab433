// Ready only while the database can serve us and nobody has asked us to stop.
import { describe, expect, it } from '@jest/globals';

import type { SchemaCheck } from '../store/store.ts';
import { createReadinessGate } from './readiness.ts';

const gateOver = (check: SchemaCheck) =>
  createReadinessGate({ checkSchema: async () => check, neverReady: false, timeoutMs: 1_000 });

describe('the readiness gate', () => {
  it('is open with a database of the right schema', async () => {
    await expect(gateOver({ kind: 'ready' }).check()).resolves.toEqual({ kind: 'ready' });
  });

  it('is shut without a database, and says so', async () => {
    await expect(
      gateOver({ kind: 'unreachable', error: new Error('down') }).check(),
    ).resolves.toEqual({ kind: 'notReady', reason: 'the database does not answer' });
  });

  it('is shut over an old schema, and names the migration and the remedy', async () => {
    const state = await gateOver({ kind: 'tooOld', missing: '2027_next' }).check();
    expect(state).toEqual({
      kind: 'notReady',
      reason: expect.stringMatching(/2027_next is missing. Run the migration Job/),
    });
  });

  it('is shut when the database hangs', async () => {
    const gate = createReadinessGate({
      checkSchema: () => new Promise(() => undefined),
      neverReady: false,
      timeoutMs: 5,
    });
    await expect(gate.check()).resolves.toMatchObject({ kind: 'notReady' });
  });

  it('stays shut once closed, though the database is fine', async () => {
    const gate = gateOver({ kind: 'ready' });
    gate.close();
    await expect(gate.check()).resolves.toEqual({ kind: 'notReady', reason: 'shutting down' });
  });

  it('never opens when told so', async () => {
    const gate = createReadinessGate({
      checkSchema: async () => ({ kind: 'ready' }),
      neverReady: true,
      timeoutMs: 1_000,
    });
    await expect(gate.check()).resolves.toMatchObject({ kind: 'notReady' });
  });

  it('asks the database once for probes that come together, and again for the next', async () => {
    let looks = 0;
    const gate = createReadinessGate({
      checkSchema: async () => {
        looks += 1;
        return { kind: 'ready' };
      },
      neverReady: false,
      timeoutMs: 1_000,
    });
    await Promise.all([gate.check(), gate.check(), gate.check()]);
    expect(looks).toBe(1);
    await gate.check();
    expect(looks).toBe(2);
  });
});
