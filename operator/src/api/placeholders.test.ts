import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { fillPlaceholders, hasOnlyKnownPlaceholders, namesVersion } from './placeholders.ts';

const VALUES = {
  hash: 'bcd',
  replicaSet: 'web-r2-bcd',
  revision: '2',
  name: 'web',
  namespace: 'shop',
};

describe('placeholders', () => {
  it('are filled in wherever they stand', () => {
    expect(
      fillPlaceholders(
        '{{namespace}}/{{name}} {{hash}}{{hash}} r{{revision}} {{replicaSet}}',
        VALUES,
      ),
    ).toBe('shop/web bcdbcd r2 web-r2-bcd');
  });

  it.each(['{{Hash}}', '{{ hash }}', '{{}}', '{{hash}} {{pod}}', '{{constructor}}'])(
    '%s are not known',
    (text) => {
      expect(hasOnlyKnownPlaceholders(text)).toBe(false);
    },
  );

  it.each([
    'sum(rate(x{pod=~"{{replicaSet}}-.+"}[1m]))',
    '{"a":{"b":{"hash":"{{hash}}"}}}',
    'no placeholder { { hash } }',
  ])('of %s are known', (text) => {
    expect(hasOnlyKnownPlaceholders(text)).toBe(true);
  });

  it('tell whether a text is about one version', () => {
    expect(
      ['{{hash}}', '{{revision}}', '{{replicaSet}}', '{{name}}', 'up'].map(namesVersion),
    ).toEqual([true, true, true, false, false]);
  });

  it('are all gone once those that are known are filled in', () => {
    const piece = fc.constantFrom('{{hash}}', '{{name}}', '{', '}', 'a', '{{nope}}', '{{');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const filled = fillPlaceholders(text, VALUES);
        expect(hasOnlyKnownPlaceholders(text)).toBe(!/[{][{][^{}]*[}][}]/.test(filled));
      }),
    );
  });
});
