// The lines that docs/runbooks/restore.md tells a person to type, typed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, runProgram } from './programs.ts';

const RUNBOOK = join(import.meta.dirname, '../../docs/runbooks/restore.md');
const database = 'ledger';

let postgres: PrivatePostgres;
let volume = '';
beforeAll(async () => {
  postgres = await startPostgres();
  volume = mkdtempSync(join(tmpdir(), 'restore-'));
});
afterAll(async () => {
  await postgres.stop();
  rmSync(volume, { recursive: true, force: true });
});

function linesToType(): string {
  const blocks = readFileSync(RUNBOOK, 'utf8').matchAll(/```sh\n([\s\S]*?)```/g);
  const found = [...blocks].map((match) => match[1] ?? '').filter((text) => /backup\.mjs restore/.test(text));
  expect(found).toHaveLength(1);
  // In the image the program is one file; here it is run from its sources.
  return (found[0] ?? '').replace('node /app/backup.mjs', `"${process.execPath}" "${entries.backup}"`);
}

describe('the restore runbook', () => {
  it('puts the state of the set in the place of the database, and keeps the old one', async () => {
    await postgres.createDatabase(database);
    await migrate(postgres.url(database));
    const name = (text: string) => `INSERT INTO account (id, name, kind, currency)
      VALUES (gen_random_uuid(), '${text}', 'customer', 'EUR')`;
    await postgres.query(database, name('before'));
    const env = {
      ...postgres.env(database),
      PATH: `${postgres.binDir}:${process.env['PATH'] ?? ''}`,
      BACKUP_DIR: volume,
    };
    const backup = await runProgram(entries.backup, { args: ['run'], env });
    expect(backup.code).toBe(0);
    const { sets } = JSON.parse((await runProgram(entries.backup, { args: ['list'], env })).output);
    await postgres.query(database, name('after'));

    const passwordFile = join(volume, 'password');
    writeFileSync(passwordFile, postgres.password);
    const typed = spawnSync('sh', ['-eu', '-c', linesToType()], {
      env: { ...env, PGPASSWORD: '', PGPASSWORD_FILE: passwordFile, SET: sets[0].id },
      encoding: 'utf8',
    });
    expect(typed).toMatchObject({ status: 0, stderr: '' });
    expect(typed.stdout).toMatch(/must_be_0 *\n-+\n *0\n/);

    const namesIn = async (where: string) =>
      (await postgres.query<{ name: string }>(where, 'SELECT name FROM account ORDER BY name')).map((row) => row.name);
    expect(await namesIn(database)).toEqual(['before']);
    expect(await namesIn(`${database}_before`)).toEqual(['after', 'before']);
  });
});
