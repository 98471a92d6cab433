import { describe, expect, it } from '@jest/globals';
import { folderReadmes } from './folders.ts';
import { tidy } from './main.ts';
import { noMachinePaths, publicRegistryOnly } from './workplace.ts';

const source = { path: 'operator/src/rollout/a.ts', text: '// What belongs here.\nexport const a = 1;\n' };
const readme = (lines: number) => ({ path: 'operator/src/rollout/README.md', text: 'line\n'.repeat(lines) });

describe('folderReadmes', () => {
  it('reports a folder of sources without a README', () => {
    expect(folderReadmes([source])).toMatchObject([{ path: 'operator/src/rollout' }]);
  });
  it('accepts 15 lines and reports 16', () => {
    expect(folderReadmes([source, readme(15)])).toEqual([]);
    expect(folderReadmes([source, readme(16)])).toHaveLength(1);
  });
  it('asks for none in folders of tests', () => {
    expect(folderReadmes([{ ...source, path: 'test/e2e/a.ts' }])).toEqual([]);
  });
});

describe('workplace', () => {
  it.each([['', 'root', '.cache'], ['', 'work', 'main']].map((parts) => parts.join('/')))('reports %s', (text) => {
    expect(noMachinePaths({ path: 'a.md', text })).toHaveLength(1);
  });
  it('accepts such words inside a longer path', () => {
    expect(noMachinePaths({ path: 'a.md', text: 'docs/work/plan.md ./root/file' })).toEqual([]);
  });
  it('reports a package that was fetched from a mirror', () => {
    const lock = (host: string) => ({
      path: 'package-lock.json',
      text: `{ "resolved": "https://${host}/zod/-/zod-4.tgz" }`,
    });
    expect(publicRegistryOnly(lock('registry.npmjs.org'))).toEqual([]);
    expect(publicRegistryOnly(lock('mirror.example'))).toHaveLength(1);
  });
});

describe('tidy', () => {
  it('finds nothing in tidy files', () => {
    expect(tidy([source, readme(3)])).toEqual([]);
  });
  it('runs every rule and sorts what they find', () => {
    const impure = { path: 'operator/src/api/B.ts', text: "import x from 'express';\nawait Date.now();\n" };
    expect(tidy([source, readme(3), impure]).map(({ path, line }) => `${path}:${line}`)).toEqual([
      'operator/src/api:0',
      'operator/src/api/B.ts:0',
      'operator/src/api/B.ts:1',
      'operator/src/api/B.ts:1',
      'operator/src/api/B.ts:2',
      'operator/src/api/B.ts:2',
    ]);
  });
});
