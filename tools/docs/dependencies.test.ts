import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './pages.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const page = readFileSync(join(ROOT, 'docs/decisions/0013-dependencies.md'), 'utf8');
const rows = page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm);
const named = [...rows].map(([, name = '', why = '']) => ({ name, why }));

describe('each direct dependency', () => {
  it('has a reason in decision 13, and nothing else has', () => {
    const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
    expect(named.map(({ name }) => name).toSorted()).toEqual(installed.toSorted());
    expect(named.filter(({ why }) => why.length < 10)).toEqual([]);
  });

  it('is pinned to one version', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
