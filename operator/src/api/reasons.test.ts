import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { REASONS } from './reasons.ts';

const SOURCE = join(import.meta.dirname, '..');

/** All code of the operator but tests and the catalogue itself. */
function codeIn(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'testing' && !name.endsWith('.test.ts') && name !== 'reasons.ts')
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? codeIn(path) : entry.name.endsWith('.ts') ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

const CODE = codeIn(SOURCE);

describe('the catalogue of reasons', () => {
  it('holds none that no code gives', () => {
    expect(Object.keys(REASONS).filter((reason) => !CODE.includes(`'${reason}'`))).toEqual([]);
  });

  it.each(Object.entries(REASONS))('%s is a word that Kubernetes takes, with a sentence', (reason, { what, remedy }) => {
    expect(reason).toMatch(/^[A-Z][A-Za-z]{2,62}$/);
    expect(what).toMatch(/\.$/);
    expect(remedy === '' || remedy.length > 10).toBe(true);
  });
});
