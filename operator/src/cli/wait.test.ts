import { describe, expect, it } from '@jest/globals';
import { createFakeTerminal } from './testing/fake-terminal.ts';
import { HEALTHY, putRelease, ROLLED_BACK, UNDER_WAY } from './testing/releases.ts';

describe('wait', () => {
  it('ends at once when the release is healthy', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store, { status: HEALTHY });
    const seen = await terminal.type('wait ledger');
    expect(seen).toMatchObject({ code: 0, sleptMs: 0, out: 'Healthy: revision 7 serves everything\n' });
  });

  it('follows a release to its end, a line for each change', async () => {
    const terminal = createFakeTerminal({
      meanwhile: (store, sleep) => {
        if (sleep === 3) putRelease(store, { status: HEALTHY });
      },
    });
    putRelease(terminal.store);
    const seen = await terminal.type('wait ledger');
    expect(seen.code).toBe(0);
    expect(seen.out.trimEnd().split('\n').map((line) => line.split(':')[0])).toEqual(['Progressing', 'Healthy']);
  });

  it('does not take an old Healthy for the answer to a new image', async () => {
    const terminal = createFakeTerminal({
      meanwhile: (store, sleep) => {
        if (sleep === 2) putRelease(store, { status: UNDER_WAY, workloadGeneration: 12 });
        if (sleep === 4) putRelease(store, { status: ROLLED_BACK });
      },
    });
    putRelease(terminal.store, {
      status: { ...HEALTHY, workload: { generation: 11, observedAt: '2026-11-21T09:00:00Z' } },
    });
    const seen = await terminal.type('wait ledger');
    expect(seen.code).toBe(2);
    expect(seen.out).toContain('waiting for the operator to see generation 12 of the Deployment');
  });

  it('does not take an old Healthy for the answer to a new spec', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store, { status: HEALTHY, generation: 4 });
    expect(await terminal.type('wait ledger --timeout 2s')).toMatchObject({ code: 3, sleptMs: 2000 });
  });

  it('ends with 3 when the time is over', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store);
    const seen = await terminal.type('wait ledger --timeout 90');
    expect(seen).toMatchObject({ code: 3, sleptMs: 90_000, err: 'ledger is not healthy after 1m30s\n' });
  });

  it('ends with 2 at a rollback, at once', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store, { status: ROLLED_BACK });
    expect(await terminal.type('wait ledger')).toMatchObject({ code: 2, sleptMs: 0 });
  });

  it('waits for a rollback until the traffic is back', async () => {
    const terminal = createFakeTerminal({
      meanwhile: (store, sleep) => {
        if (sleep === 2) putRelease(store, { status: ROLLED_BACK });
      },
    });
    putRelease(terminal.store, { status: { ...ROLLED_BACK, stage: 'RollingBack' } });
    expect(await terminal.type('wait ledger --for=rolledback')).toMatchObject({ code: 0, sleptMs: 1000 });
  });

  it('waits for a pause', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store, { status: { ...UNDER_WAY, phase: 'Paused' } });
    expect(await terminal.type('wait ledger --for paused')).toMatchObject({ code: 0 });
    expect(await terminal.type('wait ledger --timeout 1s')).toMatchObject({ code: 3 });
  });

  it('gives Blocked a moment to pass, as when a Service is applied last', async () => {
    const blocked = { ...UNDER_WAY, phase: 'Blocked' as const, message: 'there is no Service ledger' };
    const terminal = createFakeTerminal({
      meanwhile: (store, sleep) => {
        if (sleep === 4) putRelease(store, { status: HEALTHY });
      },
    });
    putRelease(terminal.store, { status: blocked });
    expect(await terminal.type('wait ledger')).toMatchObject({ code: 0 });

    const stuck = createFakeTerminal();
    putRelease(stuck.store, { status: blocked });
    expect(await stuck.type('wait ledger --patience 4s')).toMatchObject({ code: 2, sleptMs: 4000 });
  });

  it('survives an API server that does not answer for a moment', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store, { status: HEALTHY });
    terminal.failNext(503);
    const seen = await terminal.type('wait ledger');
    expect(seen).toMatchObject({ code: 0, sleptMs: 500 });
    expect(seen.out).toContain('does not answer');
  });

  it('does not wait for a release that does not exist', async () => {
    const seen = await createFakeTerminal().type('wait ledgre');
    expect(seen.err).toBe('error: there is no AppRelease ledgre in namespace bank; see kubectl get appreleases -A\n');
    expect(seen).toMatchObject({ code: 1, sleptMs: 0 });
  });

  it('ends in good order at Ctrl-C', async () => {
    const terminal = createFakeTerminal({ interruptAtSleep: 2 });
    putRelease(terminal.store);
    expect(await terminal.type('wait ledger')).toMatchObject({ code: 1, sleptMs: 1000 });
  });
});
