import { describe, expect, it } from '@jest/globals';
import { purity } from './purity.ts';

const found = (text: string, path = 'operator/src/rollout/a.ts') => purity({ path, text });

describe('purity', () => {
  it.each([
    'const at = Date.now();',
    'const at = new Date();',
    'const at = Date();',
    'const p = Math.random();',
    'async function decide() {}',
    'await decide();',
    "console.log('x');",
    "const v = process.env['V'];",
    'const t = performance.now();',
    'setTimeout(decide, 5);',
    'queueMicrotask(decide);',
    "void fetch('http://x');",
  ])('reports %s', (text) => {
    expect(found(`// opening\n${text}\n`)).toMatchObject([{ line: 2 }]);
  });

  it.each([
    'const at = Date.parse(text);',
    'const at = new Date(text).toISOString();',
    '// Date.now() is banned here',
    "const message = 'await the process';",
    'const { fetch: fetched } = source;',
    'queue.process(item);',
    'const slug = /Date.now()/;',
    'const day = text.replace(/\'/g, "") + `Date.now()`;',
  ])('lets pass: %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it.each(['analysis', 'rollout', 'traffic', 'metrics', 'api'])('looks into %s', (folder) => {
    expect(found('const at = Date.now();', `operator/src/${folder}/a.ts`)).toHaveLength(1);
  });

  it('leaves the folders alone that are there to do things, and tests', () => {
    expect(found('const at = Date.now();', 'operator/src/controller/a.ts')).toEqual([]);
    expect(found('await decide();', 'operator/src/rollout/a.test.ts')).toEqual([]);
  });
});
