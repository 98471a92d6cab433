import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Manifest } from '../manifest.ts';
import { readCommitted } from './committed.ts';
import { coloured, plain, type Paint } from './diff-text.ts';
import { diffFields, diffObjects } from './object-diff.ts';
import { runDiff, type Folders } from './run-diff.ts';

const object = (kind: string, name: string, rest: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'bank' },
  ...rest,
});
const web = (image: string, replicas?: number) =>
  object('Deployment', 'web', { spec: { ...(replicas ? { replicas } : {}), containers: [{ name: 'web', image }] } });

describe('the fields of an object', () => {
  const paths = (before: unknown, after: unknown) =>
    diffFields(before, after, '').map(({ path, before: was, after: is }) => [path, was, is]);

  it.each<readonly [string, unknown, unknown, unknown]>([
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [['a.b', 1, 2]]],
    ['a new field', { a: {} }, { a: { b: 'x' } }, [['a.b', undefined, 'x']]],
    ['a field that is gone', { a: 1, b: [2] }, { a: 1 }, [['b', [2], undefined]]],
    ['a value that became an object', { a: 1 }, { a: { b: 1 } }, [['a', 1, { b: 1 }]]],
    ['a list that became an object', { a: [1] }, { a: { b: 1 } }, [['a', [1], { b: 1 }]]],
    [
      'an item by its name, though another came in front',
      { env: [{ name: 'A', value: '1' }] },
      { env: [{ name: 'B' }, { name: 'A', value: '2' }] },
      [
        ['env[A].value', '1', '2'],
        ['env[B]', undefined, { name: 'B' }],
      ],
    ],
    ['an item without a name by its place', { a: ['x', 'y'] }, { a: ['x', 'z'] }, [['a[1]', 'y', 'z']]],
    ['an item more, wherever it is', { a: ['x', 'y'] }, { a: ['w', 'x', 'y'] }, [['a[]', undefined, 'w']]],
    ['an item less', { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 2 }] }, [['a[]', { b: 1 }, undefined]]],
    ['a key with dots', { labels: {} }, { labels: { 'a.b/c': 'd' } }, [["labels.'a.b/c'", undefined, 'd']]],
    ['nothing', { a: [{ name: 'x' }], b: null }, { a: [{ name: 'x' }], b: null }, []],
  ])('differ by %s', (...[, before, after, want]) => expect(paths(before, after)).toEqual(want));
});

describe('two renderings', () => {
  it('differ by objects and, where an object is in both, by its fields', () => {
    const changes = diffObjects(
      [web('web:1.0.0'), object('Service', 'web'), object('ConfigMap', 'old')],
      [web('web:1.1.0', 3), object('Service', 'web'), object('Secret', 'new')],
    );
    expect(changes).toEqual([
      { kind: 'removed', object: 'ConfigMap bank/old' },
      {
        kind: 'changed',
        object: 'Deployment bank/web',
        fields: [
          { path: 'spec.containers[web].image', before: 'web:1.0.0', after: 'web:1.1.0' },
          { path: 'spec.replicas', before: undefined, after: 3 },
        ],
      },
      { kind: 'added', object: 'Secret bank/new' },
    ]);
  });
});

describe('npm run diff', () => {
  const before: Folders = new Map([
    ['dev', [web('web:1.0.0'), object('ConfigMap', 'old')]],
    ['prod', [web('web:1.0.0')]],
  ]);
  const after: Folders = new Map([
    ['dev', [web('web:1.1.0'), object('Job', 'new')]],
    ['prod', [web('web:1.0.0')]],
  ]);

  function run(args: readonly string[], paint: Paint = plain) {
    const lines: string[] = [];
    const asked: string[] = [];
    const code = runDiff(args, {
      committed(ref) {
        asked.push(ref);
        if (ref === 'nowhere') throw new Error('fatal');
        return before;
      },
      rendered: () => after,
      print: (line) => lines.push(line),
      complain: (line) => lines.push(line),
      paint,
    });
    return { code, lines, asked };
  }

  it('shows what changes in each environment, and which do not', () => {
    expect(run([])).toEqual({
      code: 0,
      asked: ['HEAD'],
      lines: [
        'dev: 1 added, 1 removed, 1 changed',
        '  - ConfigMap bank/old',
        '  ~ Deployment bank/web',
        '      spec.containers[web].image: web:1.0.0 -> web:1.1.0',
        '  + Job bank/new',
        '',
        'unchanged: prod',
      ],
    });
  });

  it('is coloured at a terminal', () => {
    const { lines } = run(['dev'], coloured);
    expect(lines).toContain('\u001b[31m  - ConfigMap bank/old\u001b[0m');
    expect(lines).toContain('\u001b[32m  + Job bank/new\u001b[0m');
    expect(lines).toContain(
      '      spec.containers[web].image: \u001b[31mweb:1.0.0\u001b[0m -> \u001b[32mweb:1.1.0\u001b[0m',
    );
  });

  it.each([
    [['--exit-code'], 1],
    [['--exit-code', 'dev'], 1],
    [['--exit-code', 'prod'], 0],
    [['dev'], 0],
  ])('with %j ends with %d', (args, code) => expect(run(args).code).toBe(code));

  it('compares with the commit it is told', () => {
    expect(run(['--against', 'main', 'prod'])).toEqual({ code: 0, asked: ['main'], lines: ['unchanged: prod'] });
  });

  it.each([
    [['--against', 'nowhere'], '--against nowhere: git knows no such commit here'],
    [['--against'], '--against: name a commit'],
    [['--colour'], '--colour: not known'],
    [['test'], 'test: no folder of deploy/. There are dev, prod'],
  ])('with %j ends with 2 and says why', (args, why) => {
    const { code, lines } = run(args);
    expect(code).toBe(2);
    expect(lines).toEqual([`diff: ${why}\nUsage: npm run diff [-- [--against <commit>] [--exit-code] [environment...]]`]);
  });
});

describe('what is committed', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'diff-'));
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { stdio: 'pipe' });
    const write = (file: string, text: string) => writeFileSync(join(root, file), text);
    git('init', '--quiet');
    mkdirSync(join(root, 'deploy/dev'), { recursive: true });
    write('deploy/dev/10-app.yaml', '# header\nkind: A\napiVersion: v1\nmetadata: { name: a }\n---\nkind: B\napiVersion: v1\nmetadata: { name: b }\n');
    write('deploy/README.md', 'no manifest');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'first');
    write('deploy/dev/10-app.yaml', 'kind: C');
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('is read from git, whatever is in the working tree', () => {
    const folders = readCommitted(root, 'HEAD');
    expect([...folders.keys()]).toEqual(['dev']);
    expect(folders.get('dev')?.map(({ kind }) => kind)).toEqual(['A', 'B']);
  });

  it.each(['nowhere', '--help', 'HEAD:deploy'])('is nothing at %s', (ref) => {
    expect(() => readCommitted(root, ref)).toThrow(/Command failed: git/);
  });
});
