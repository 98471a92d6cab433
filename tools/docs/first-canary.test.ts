import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { markedBlocks, ROOT } from './pages.ts';

const GUIDE = 'docs/guide/first-canary.md';

it('each command of the guide to a first canary is run by a test, but for the build of the image', () => {
  const blocks = [...markedBlocks(GUIDE, 'sh'), ...markedBlocks(GUIDE, 'js')];
  const left = blocks.filter(({ mark }) => !/^run by test\/\S+\.test\.ts$/.test(mark));
  expect(left.map(({ mark }) => mark)).toEqual(['not run: needs an engine and a registry']);
  const tests = blocks.flatMap(({ mark }) => /^run by (\S+)$/.exec(mark)?.slice(1) ?? []);
  expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
