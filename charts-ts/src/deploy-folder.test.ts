import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { differences, readTexts, writeTexts } from './deploy-folder.ts';

const WANTED = new Map([
  ['a.yaml', 'a: 1\n'],
  ['b.yaml', 'b: 1\n'],
]);

describe('a folder of manifests', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'deploy-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('holds exactly what was rendered after it is written', () => {
    const folder = join(root, 'new');
    writeTexts(folder, new Map([['old.yaml', 'x']]));
    writeFileSync(join(folder, 'README.md'), 'kept');
    writeTexts(folder, WANTED);
    expect(readTexts(folder)).toEqual(WANTED);
    expect(readdirSync(folder).toSorted()).toEqual(['README.md', 'a.yaml', 'b.yaml']);
  });

  it('is empty when it is not there', () => {
    expect(readTexts(join(root, 'nowhere')).size).toBe(0);
  });

  it('is compared file by file', () => {
    const actual = new Map([
      ['a.yaml', 'a: 2\n'],
      ['c.yaml', 'c: 1\n'],
    ]);
    expect(differences(actual, WANTED)).toEqual([
      'a.yaml differs',
      'b.yaml is missing',
      'c.yaml is rendered by nothing',
    ]);
    expect(differences(WANTED, WANTED)).toEqual([]);
  });
});
