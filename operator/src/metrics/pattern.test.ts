import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compileLabels, matchesLabels } from './label-match.ts';
import { compilePattern } from './pattern.ts';

function matches(source: string, value: string): boolean {
  const pattern = compilePattern(source);
  return pattern.kind === 'ok' && pattern.value.matches(value);
}

describe('compilePattern', () => {
  /* JavaScript's engine is the oracle, on patterns made of the parts we know. */
  it('agrees with the language on short patterns and values', () => {
    const characters = fc.constantFrom('a', 'b', '5', '.');
    const classes = fc.constantFrom('[ab]', '[^a5]', '[0-9b-]');
    const escapes = fc.constantFrom(String.raw`\d`, String.raw`\W`);
    const atom = fc.oneof(characters, classes, escapes);
    const count = fc.constantFrom('', '*', '+', '?', '{2}', '{1,}', '{0,2}');
    const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      part: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        fc.tuple(tie('pattern'), count).map(([inner, times]) => `(?:${inner})${times}`),
      ),
      pattern: fc.oneof(
        fc.array(tie('part'), { maxLength: 3 }).map((parts) => parts.join('')),
        fc.tuple(tie('part'), tie('part')).map(([a, b]) => `${a}|${b}`),
      ),
    }));
    const value = fc.string({ unit: fc.constantFrom('a', 'b', '5', '-', ' '), maxLength: 6 });
    fc.assert(
      fc.property(pattern, value, (source, text) => {
        expect(matches(source, text)).toBe(new RegExp(`^(?:${source})$`).test(text));
      }),
      { numRuns: 500 },
    );
  });

  it('takes the same steps for a value that would stop a backtracking engine', () => {
    expect(matches('(a+)+b', 'a'.repeat(5000))).toBe(false);
    expect(matches('(a|a)*', 'a'.repeat(5000))).toBe(true);
  });

  it.each([
    ['(', 'a ( is not closed'],
    ['a)', 'a ) closes nothing'],
    ['[a', 'a [ is not closed'],
    ['[b-a]', 'the range b-a is empty'],
    ['*', 'nothing stands before *'],
    ['^a$', '^ is not needed: the whole value is matched'],
    ['(?=a)', 'of the (? groups only (?: is known'],
    [String.raw`a\b`, String.raw`\b is not known`],
    ['a{3,2}', 'counts rise and are at most 100'],
    ['((a{99}){99}){99}', 'the pattern repeats too much'],
    ['(((((){99}){99}){99}){99}){99}', 'the pattern repeats too much'],
    ['('.repeat(30), 'groups are nested too deeply'],
  ])('refuses %s in words', (source, want) => {
    expect(compilePattern(source)).toEqual({ kind: 'error', error: want });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 20 }), (source, value) => {
        expect(typeof matches(source, value)).toBe('boolean');
      }),
    );
  });
});

describe('compileLabels', () => {
  it('names the label whose pattern is wrong', () => {
    expect(compileLabels({ code: '5..', path: '[' })).toEqual({
      kind: 'error',
      error: 'label path: a [ is not closed',
    });
  });

  it('takes an absent label for an empty one', () => {
    const compiled = compileLabels({ code: '5..|' });
    const matchers = compiled.kind === 'ok' ? compiled.value : [];
    expect(matchers).toHaveLength(1);
    expect(matchesLabels(new Map(), matchers)).toBe(true);
    expect(matchesLabels(new Map([['code', '200']]), matchers)).toBe(false);
  });
});
