import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { helpLines, scriptNames, scriptsWithoutHelp } from './help.ts';

describe('help', () => {
  it('has a line for every script of this repository', () => {
    const scripts = scriptNames(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(scripts.length).toBeGreaterThan(5);
    expect(scriptsWithoutHelp(scripts)).toEqual([]);
  });

  it('lists the scripts there are, and no others', () => {
    expect(helpLines(['tidy', 'help', 'new-one'])).toEqual([
      'npm run help     this list',
      'npm run tidy     import directions, purity, shape of files, READMEs',
      'npm run new-one',
    ]);
  });
});
