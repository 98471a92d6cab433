// `npm run dev` in a fresh copy of this repository, the way a newcomer meets it: packages are there,
// nothing generated is. What it starts is found by its working folder, wherever it hides.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cacheDir } from '../cluster/src/paths.ts';
import { statusOf, waitFor } from './programs.ts';

const repository = join(import.meta.dirname, '../..');
let copy: string;
let terminal: ChildProcess | undefined;
let said = '';

/* Nothing of our own environment but what a shell has: no credentials of anything. */
const env = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: join(copy, 'home'),
  SLIPWAY_CACHE: cacheDir(),
});

beforeAll(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-dev-')));
  chmodSync(copy, 0o755);
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const path of listed.stdout.split('\0').filter((one) => one !== '')) {
    if (!existsSync(join(repository, path))) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(repository, path), join(copy, path));
  }
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (name.startsWith('.') && name !== '.bin') continue;
    symlinkSync(join(repository, 'node_modules', name), join(copy, 'node_modules', name));
  }
  writeFileSync(join(copy, 'node_modules/.installed'), '');
});

afterEach(async () => {
  for (const { pid } of processesThere()) process.kill(pid, 'SIGKILL');
  await allGone();
  terminal = undefined;
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/* What works in a folder of the copy, the server's children included. */
function processesThere(): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const isThere = readlinkSync(`/proc/${name}/cwd`).startsWith(copy);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return isThere && command !== '' ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

const allGone = () =>
  waitFor('the processes to go', async () => (processesThere().length === 0 ? true : undefined));

/* In a process group of its own, so that a signal to the group is a key of a terminal. */
function open(...args: string[]): ChildProcess {
  said = '';
  const child = spawn('npm', ['run', ...args], { cwd: copy, env: env(), detached: true });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  terminal = child;
  return child;
}

const hasSaid = (pattern: RegExp, since = 0) =>
  waitFor(`${pattern}`, async () => {
    if (terminal?.exitCode !== null) throw new Error(`it has ended: ${said}`);
    return pattern.exec(said.slice(since)) ?? undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}\nit said: ${said}`);
  });

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', (code) => resolve(code)));

const pressCtrlC = (child: ChildProcess): void => void process.kill(-(child.pid ?? 0), 'SIGINT');

describe('npm run dev', () => {
  it('S1: one command leads from a fresh copy to a ready app; edits reload it, Ctrl-C leaves nothing', async () => {
    const child = open('dev');
    const [, url = ''] = await hasSaid(/ready: (\S+)/);
    expect(await statusOf(`${url}/readyz`)).toBe(200);
    const programs = processesThere().map(({ command }) => command).join('\n');
    expect(programs).toMatch(/postgres -D/);
    expect(programs).toMatch(/redis-server/);
    expect(programs).toMatch(/app\/src\/main\.ts/);
    expect(said).toMatch(/slipway {2}\| 10 accounts/);

    const before = said.length;
    const main = join(copy, 'app/src/main.ts');
    const text = readFileSync(main, 'utf8');
    writeFileSync(main, text.replace("'listening',", "'listening after an edit',"));
    await hasSaid(/app +\| INFO +listening after an edit/, before);
    await waitFor('readiness', async () => ((await statusOf(`${url}/readyz`)) === 200 ? true : undefined));

    const folder = join(copy, 'prisma/migrations/29990101000000_note');
    mkdirSync(folder);
    writeFileSync(join(folder, 'migration.sql'), 'CREATE TABLE note (id integer);\n');
    await hasSaid(/migrate +\| INFO +migrations: applied.*29990101000000_note/);

    pressCtrlC(child);
    expect(await ended(child)).toBe(0);
    expect(processesThere()).toEqual([]);
  });

  it('goes on with its data in the background, refuses a second one, and forgets when told', async () => {
    expect(await ended(open('dev:up'))).toBe(0);
    expect(said).toMatch(/ready: http:\/\/127\.0\.0\.1:\d+/);
    expect(readFileSync(join(copy, '.cache/dev/dev.log'), 'utf8')).not.toMatch(/accounts, listed/);
    expect(await ended(open('dev'))).toBe(1);
    expect(said).toMatch(/it runs already, as process \d+ at http/);
    expect(await ended(open('dev:down'))).toBe(0);
    expect(processesThere()).toEqual([]);

    expect(await ended(open('dev:up', '--', '--fresh'))).toBe(0);
    expect(readFileSync(join(copy, '.cache/dev/dev.log'), 'utf8')).toMatch(/10 accounts, listed/);
    expect(await ended(open('dev:down'))).toBe(0);
  });

  it('takes its children with it when it is killed', async () => {
    open('dev');
    await hasSaid(/ready: /);
    const own = processesThere().find(({ command }) => /^\S*node \S*tools\/dev\/main\.ts/.test(command));
    process.kill(own?.pid ?? 0, 'SIGKILL');
    await allGone();
    expect(processesThere()).toEqual([]);
  });
});
