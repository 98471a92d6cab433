import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { appRules } from './app-rules.ts';
import { backupRules } from './backup-rules.ts';
import { operatorRules } from './operator-rules.ts';
import type { RuleGroup } from './rule-group.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Everything in the sources of a program, tests left out: who counts a thing writes its name. */
function sourcesOf(folder: string): string {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'))
    .join('\n');
}

/** The series that rules read; a histogram's buckets are made from its name. */
function metricsIn({ rules }: RuleGroup): readonly string[] {
  const text = rules.map(({ expr }) => expr).join('\n');
  const names = text.match(/\b(?:slipway|backup|http)_[a-z_]+(?=[{[])/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_bucket$/, '')))];
}

const place = { name: 'ledger', namespace: 'bank' };

describe('a series that an alert reads', () => {
  it.each([
    ['app/src', appRules({ ...place, service: 'ledger-metrics' }), 2],
    ['operator/src', operatorRules(), 4],
    ['backup/src', backupRules(place), 6],
  ])('is one that %s writes', (folder, group, count) => {
    const sources = sourcesOf(folder);
    const names = metricsIn(group);
    expect(names).toHaveLength(count);
    expect(names.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });
});
