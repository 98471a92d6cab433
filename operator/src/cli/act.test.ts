import { describe, expect, it } from '@jest/globals';
import { RELEASE_ACTIONS } from './cluster.ts';
import { createFakeTerminal, USER } from './testing/fake-terminal.ts';
import { answerActions, HEALTHY, putRelease, ROLLED_BACK, UNDER_WAY } from './testing/releases.ts';

const answering = (phase: string, message: string) =>
  createFakeTerminal({ meanwhile: (store) => answerActions(store, phase, message) });

describe('actions', () => {
  const cases = {
    promote: { action: 'promote', revision: 7, step: 1 },
    pause: { action: 'pause', revision: 7 },
    resume: { action: 'resume', revision: 7 },
    abort: { action: 'abort', revision: 7 },
  };
  it.each(Object.entries(cases))('%s asks about the current candidate, in my own name', async (name, want) => {
    const terminal = answering('Applied', 'done');
    putRelease(terminal.store);
    const seen = await terminal.type(`${name} ledger`);
    expect(terminal.store.list(RELEASE_ACTIONS).map(({ spec }) => spec)).toEqual([
      { release: 'ledger', by: USER, ...want },
    ]);
    expect(seen).toMatchObject({ code: 0, out: 'Applied: done\n', err: '' });
  });

  it('retry names the version that was rolled back', async () => {
    const terminal = answering('Applied', 'trying again');
    putRelease(terminal.store, { status: ROLLED_BACK });
    expect(await terminal.type('retry ledger')).toMatchObject({ code: 0 });
    expect(terminal.store.list(RELEASE_ACTIONS)[0]?.['spec']).toEqual({
      release: 'ledger',
      by: USER,
      action: 'retry',
      revision: 7,
    });
  });

  it('passes on the reason and for whom', async () => {
    const terminal = answering('Applied', '');
    putRelease(terminal.store);
    await terminal.type('abort rel/ledger --reason=tills-are-slow --on-behalf-of=eve');
    expect(terminal.store.list(RELEASE_ACTIONS)[0]?.['spec']).toMatchObject({
      release: 'ledger',
      reason: 'tills-are-slow',
      onBehalfOf: 'eve',
    });
  });

  it('fails when the operator says no', async () => {
    const terminal = answering('Expired', 'the release is at step 2, not 1');
    putRelease(terminal.store);
    expect(await terminal.type('promote ledger')).toMatchObject({
      code: 1,
      out: 'Expired: the release is at step 2, not 1\n',
    });
  });

  it('says how to find the request when nobody answers', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store);
    const seen = await terminal.type('promote ledger --timeout 3s');
    expect(seen.code).toBe(1);
    expect(seen.sleptMs).toBe(3000);
    expect(seen.err).toContain('kubectl get releaseaction ledger-promote-1 -n bank');
    expect(terminal.store.list(RELEASE_ACTIONS)).toHaveLength(1);
  });

  const nothingToDo = {
    'abort without a release under way': { line: 'abort ledger', status: HEALTHY },
    'promote after a rollback': { line: 'promote ledger', status: ROLLED_BACK },
    'retry while the release is under way': { line: 'retry ledger', status: UNDER_WAY },
  };
  it.each(Object.entries(nothingToDo))('asks for nothing: %s', async (_name, { line, status }) => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store, { status });
    const seen = await terminal.type(line);
    expect(seen.code).toBe(1);
    expect(seen.err).toMatch(/^error: .*ledger/);
    expect(terminal.store.list(RELEASE_ACTIONS)).toEqual([]);
  });
});
