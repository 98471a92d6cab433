// The guide to backups names every variable and metric of the program, and none that is not there.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const GUIDE = readFileSync(join(ROOT, 'docs/guide/backups.md'), 'utf8');
const SOURCES = readdirSync(join(ROOT, 'backup/src'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(ROOT, 'backup/src', name), 'utf8'))
  .join('\n');

const found = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].toSorted();

/* A policy's variables are put together of a prefix and a word. */
const POLICIES = ['BACKUP_KEEP', 'BACKUP_S3_KEEP'];

describe('the guide to backups', () => {
  it('names every variable', () => {
    const known = found(SOURCES, /'(BACKUP_[A-Z0-9_]+)'/g);
    expect(known.length).toBeGreaterThan(20);
    expect(known.filter((name) => !GUIDE.includes(`\`${name}`))).toEqual([]);
  });

  it('names no variable that is not there', () => {
    const isKnown = (name: string): boolean =>
      SOURCES.includes(`'${name}'`) || POLICIES.some((prefix) => name.startsWith(`${prefix}_`));
    expect(found(GUIDE, /`(BACKUP_[A-Z0-9_]+)`/g).filter((name) => !isKnown(name))).toEqual([]);
  });

  it('names the same metrics', () => {
    const metrics = found(SOURCES, /'(backup_[a-z_]+)'/g);
    expect(found(GUIDE, /`(backup_[a-z_]+)`/g)).toEqual(metrics);
  });
});
