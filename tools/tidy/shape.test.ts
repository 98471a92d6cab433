import { describe, expect, it } from '@jest/globals';
import {
  fileLength,
  fileName,
  lineLength,
  noBarrel,
  noDefaultExport,
  noLeftovers,
  opensWithComment,
} from './shape.ts';

const file = (text: string, path = 'operator/src/rollout/a.ts') => ({ path, text });

describe('opensWithComment', () => {
  it('reports a file that begins with code', () => {
    expect(opensWithComment(file("import { x } from './x.ts';\n"))).toHaveLength(1);
  });
  it('accepts a comment, also below a shebang', () => {
    expect(opensWithComment(file('// What belongs here.\n'))).toEqual([]);
    expect(opensWithComment(file('#!/usr/bin/env node\n/* What belongs here. */\n'))).toEqual([]);
  });
  it('reports an opening that nobody reads to its end', () => {
    expect(opensWithComment(file(`${'// long\n'.repeat(9)}const x = 1;\n`))).toHaveLength(1);
  });
  it('accepts a diagram in a paragraph of its own', () => {
    expect(opensWithComment(file(`// Short.\n//\n${'//  A -> B\n'.repeat(20)}`))).toEqual([]);
  });
});

describe('lineLength', () => {
  it('reports long code', () => {
    expect(lineLength(file(`const x = ${'1 + '.repeat(30)}1;`))).toMatchObject([{ line: 1 }]);
  });
  it('accepts long text inside quotes', () => {
    expect(lineLength(file(`const x = '${'long '.repeat(30)}';`))).toEqual([]);
  });
  it('reports a long comment, but not a long address', () => {
    expect(lineLength(file(`// ${'word '.repeat(30)}`))).toHaveLength(1);
    expect(lineLength(file(`// https://example.org/${'x'.repeat(120)}`))).toEqual([]);
  });
});

describe('fileLength', () => {
  it('reports a file of more than 500 lines', () => {
    expect(fileLength(file('x\n'.repeat(501)))).toHaveLength(1);
    expect(fileLength(file('x\n'.repeat(500)))).toEqual([]);
  });
});

describe('fileName', () => {
  it('accepts kebab-case and the endings of tests', () => {
    expect(fileName(file('', 'a/two-words.test.ts'))).toEqual([]);
  });
  it('reports other cases', () => {
    expect(fileName(file('', 'a/twoWords.ts'))).toHaveLength(1);
  });
});

describe('noDefaultExport', () => {
  it('reports one', () => {
    expect(noDefaultExport(file('export default function run() {}'))).toHaveLength(1);
  });
  it('accepts one where a tool asks for it, and the words in a comment', () => {
    expect(noDefaultExport(file('export default {};', 'prisma.config.ts'))).toEqual([]);
    expect(noDefaultExport(file('// no export default here'))).toEqual([]);
  });
});

describe('noBarrel', () => {
  it('reports a file that only passes others on', () => {
    expect(noBarrel(file("export * from './a.ts';\nexport { b } from './b.ts';\n"))).toHaveLength(1);
  });
  it('accepts a file with something of its own', () => {
    expect(noBarrel(file("export { b } from './b.ts';\nexport const c = 1;\n"))).toEqual([]);
  });
});

describe('noLeftovers', () => {
  it.each([['TO', 'DO: later'].join(''), ['FIX', 'ME'].join('')])('reports %s', (note) => {
    expect(noLeftovers(file(`// ${note}\n`))).toMatchObject([{ line: 1 }]);
  });
  it('accepts words that contain one', () => {
    expect(noLeftovers(file('const TODOS = 1;'))).toEqual([]);
  });
});
