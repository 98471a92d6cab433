import { spawn } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

import { stopOwned } from './daemon.ts';
import { identify, isAlive, killHard, ownedBy, ownerMark, parseProcStat } from './proc.ts';
import { waitFor } from './wait.ts';

describe('processes', () => {
  it('reads a name with blanks and parentheses', () => {
    const fields = ['S', '1', ...Array.from({ length: 15 }, () => '0'), '4', '0', '12345'];
    expect(parseProcStat(`77 (tmux: (server)) ${fields.join(' ')} 9 9`)).toEqual({
      name: 'tmux: (server)', state: 'S', parentPid: 1, threads: 4, startTicks: 12_345,
    });
  });

  it('reads nothing from half a line', () => {
    expect(parseProcStat('77 (x) S 1')).toBeUndefined();
    expect(parseProcStat('')).toBeUndefined();
  });

  it('never takes a process for another one with the same id', () => {
    const self = identify(process.pid);
    expect(self).toBeDefined();
    expect(isAlive({ pid: process.pid, startTicks: self?.startTicks ?? 0 })).toBe(true);
    expect(isAlive({ pid: process.pid, startTicks: (self?.startTicks ?? 0) + 1 })).toBe(false);
  });

  it('finds what carries a mark, children included, and nothing else', async () => {
    const owner = `/no/such/owner-${process.pid}`;
    const shell = spawn('sh', ['-c', 'sleep 60 & wait'], { stdio: 'ignore', env: { ...process.env, ...ownerMark(owner) } });
    const found = await waitFor({
      what: 'shell and sleep', deadlineMs: 10_000,
      check: () => (ownedBy(owner).length === 2 ? ownedBy(owner) : undefined),
    });
    expect(found.map(({ pid }) => pid)).toContain(shell.pid);
    expect(ownedBy(`${owner}-two`)).toEqual([]);
    await stopOwned(owner);
    expect(ownedBy(owner)).toEqual([]);
  });

  it('kills exactly the process that was meant', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('sleep did not start');
    killHard({ ...identity, startTicks: identity.startTicks + 1 });
    expect(isAlive(identity)).toBe(true);
    killHard(identity);
    await waitFor({ what: 'the end', deadlineMs: 10_000, check: () => (isAlive(identity) ? undefined : true) });
    expect(isAlive(identity)).toBe(false);
  });
});
