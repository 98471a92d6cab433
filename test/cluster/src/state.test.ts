import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { assertUsableName } from './paths.ts';
import { knownClusters, newState, parseState, readState, writeState } from './state.ts';

describe('cluster state', () => {
  const before = process.env['SLIPWAY_CACHE'];
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cache-'));
    process.env['SLIPWAY_CACHE'] = folder;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['SLIPWAY_CACHE'];
    else process.env['SLIPWAY_CACHE'] = before;
    rmSync(folder, { recursive: true });
  });

  it('is found by its name, as it was written last', () => {
    expect(readState('one')).toBeUndefined();
    const state = newState({ name: 'one', tier: 'api', isEphemeral: true, server: 'https://x', kubectlPath: '/k' });
    writeState(state);
    const daemon = { pid: 1, startTicks: 2, name: 'etcd', owner: '/o', logPath: '/l', command: '/bin/etcd', args: ['--x'] };
    writeState({ ...state, daemons: [daemon] });
    expect(readState('one')).toEqual({ ...state, daemons: [daemon] });
    expect(knownClusters()).toEqual(['one']);
  });

  it('remembers who started it', () => {
    const state = newState({ name: 'two', tier: 'api', isEphemeral: true, server: '', kubectlPath: '' });
    expect(state.startedBy.pid).toBe(process.pid);
  });

  it.each(['{}', '[]', 'null', '{"format":2,"daemons":[]}', '{"format":1,"daemons":"none"}'])('refuses %s', (text) => {
    expect(() => parseState(text)).toThrow('not a cluster state file');
  });

  it('refuses names that are no plain word, and caches whose sockets would have too long paths', () => {
    expect(() => assertUsableName('../etc')).toThrow('no cluster name');
    expect(() => assertUsableName('Big')).toThrow('no cluster name');
    process.env['SLIPWAY_CACHE'] = join(folder, 'x'.repeat(80));
    expect(() => assertUsableName('slipway')).toThrow('set SLIPWAY_CACHE');
    process.env['SLIPWAY_CACHE'] = folder;
    expect(() => assertUsableName('slipway')).not.toThrow();
  });
});
