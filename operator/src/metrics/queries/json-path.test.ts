import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JSON_PATH } from '../../api/query-sources.ts';
import { parseJsonPath, type PathSegment, valueAt } from './json-path.ts';

const isPath = (path: string): boolean => new RegExp(JSON_PATH).test(path);

describe('a path through JSON', () => {
  it.each<[string, readonly PathSegment[]]>([
    ['$', []],
    ['a', ['a']],
    ['$.a.b-c_d', ['a', 'b-c_d']],
    ["a[0]['b.c'].d", ['a', 0, 'b.c', 'd']],
    ['[12][3]', [12, 3]],
    ["['']", ['']],
  ])('%s is read', (path, segments) => {
    expect(isPath(path)).toBe(true);
    expect(parseJsonPath(path)).toEqual(segments);
  });

  it.each([
    '',
    '.',
    'a.',
    'a..b',
    'a[x]',
    "a['b",
    'a b',
    '$a',
    'a[-1]',
    'a[*]',
    '..a',
    "a['b''c']",
  ])('%j is none, and the schema refuses it', (path) => {
    expect(isPath(path)).toBe(false);
  });

  it('of the schema leads to where it was laid, whatever the keys', () => {
    const key = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes("'"));
    const segment = fc.oneof(key, fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
        const path = segments
          .map((part) => (typeof part === 'number' ? `[${part}]` : `['${part}']`))
          .join('');
        const json = segments.reduceRight<unknown>(
          (inner, part) =>
            typeof part === 'number'
              ? [0, 0, 0, 0, 0].with(part, inner as never)
              : JSON.parse(`{${JSON.stringify(part)}:${JSON.stringify(inner)}}`),
          'here',
        );
        expect(isPath(path)).toBe(true);
        expect(valueAt(json, parseJsonPath(path))).toEqual({ kind: 'ok', value: 'here' });
      }),
    );
  });
});
