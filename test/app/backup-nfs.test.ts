// Backups on a real NFS share, and what becomes of them when its server no longer answers.
import { readdirSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startNfsShare } from '../nfs/nfs-share.ts';
import type { NfsShare } from '../nfs/nfs-share.ts';
import { openServer, openStage, report } from './backup-stage.ts';
import type { BackupStage } from './backup-stage.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, startProgram, stopPrograms, waitFor } from './programs.ts';
import type { Running } from './programs.ts';

let postgres: PrivatePostgres;
let share: NfsShare;
let stage: BackupStage;

beforeAll(async () => {
  postgres = await openServer();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  share = await startNfsShare();
  stage = await openStage(postgres);
});
afterEach(async () => {
  share.thaw();
  await stopPrograms();
  await share.stop();
  stage.close();
});

const env = (): Record<string, string> => ({ BACKUP_DIR: share.mount, BACKUP_STALL_SECONDS: '2' });
const run = (command: string) => stage.run([command], env());
const sets = (): string[] => readdirSync(share.exported).filter((name) => /^\d/.test(name));

/* FUSE lets nobody go who waits for an answer, not even by SIGKILL; the kernel's NFS client would. So what
   counts is when the program says that it has given up. */
const untilItGivesUp = (running: Running): Promise<string> =>
  waitFor('the program to give up', async () =>
    /volume \S+ has not answered for 2 s: look whether its server/.exec(running.output())?.[0],
  );

describe('an NFS share', () => {
  it('B1: takes whole sets, and a drill restores from it', async () => {
    await stage.upload('a document');
    expect(report(await run('run'))).toMatchObject({ kind: 'published' });
    expect(sets()).toHaveLength(1);
    expect(report(await run('drill'))).toMatchObject({ kind: 'passed', uploads: 1 });
    expect(report(await run('list'))).toMatchObject({ sets: [{ kind: 'verified' }] });
  });

  it('that does not answer fails a run within the time given, and the next run goes on', async () => {
    await run('run');
    share.freeze();
    const startedAt = Date.now();
    const running = startProgram(entries.backup, { args: ['run'], env: stage.env(env()) });
    await untilItGivesUp(running);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    share.thaw();
    // A thread of it hung in the kernel, so it ended itself by a signal.
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(sets()).toHaveLength(1);
    expect(report(await run('run'))).toMatchObject({ kind: 'published' });
    expect(sets()).toHaveLength(2);
  });

  it('that stops answering in the middle of a run shows nothing of its set', async () => {
    await stage.upload('x'.repeat(20_000_000));
    const running = startProgram(entries.backup, { args: ['run'], env: stage.env(env()) });
    await waitFor(
      'the run to write',
      async () => {
        const begun = readdirSync(share.exported, { recursive: true }).map(String);
        return begun.some((name) => name.includes('uploads/')) ? true : undefined;
      },
      running,
    );
    share.freeze();
    await untilItGivesUp(running);
    share.thaw();
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(sets()).toEqual([]);
    expect(report(await run('run'))).toMatchObject({ kind: 'published' });
    expect(readdirSync(share.exported).filter((name) => /partial|deleting/.test(name))).toEqual([]);
  });
});
