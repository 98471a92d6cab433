import { describe, expect, it } from '@jest/globals';
import { PHASES } from '../../operator/src/api/app-release-status.ts';
import { specSchema } from '../../operator/src/api/app-release.ts';
import { openApi } from '../../operator/src/api/crd.ts';
import { REASONS } from '../../operator/src/api/reasons.ts';
import { COMMANDS } from '../../operator/src/cli/run.ts';
import { stalePages } from './main.ts';
import { table } from './markdown.ts';
import { pages } from './pages.ts';
import { fieldRows, ruleRows } from './schema-rows.ts';
import { phaseRows } from './status-page.ts';

const textOf = (name: string) => pages().find(({ path }) => path.endsWith(name))?.text ?? '';

describe('schema rows', () => {
  const rows = fieldRows(openApi(specSchema), 'spec');
  const row = (path: string) => rows.find((one) => one.path === path);

  it('give type, default, limits and meaning', () => {
    expect(row('spec.strategy.canary.steps[].weight')).toEqual({
      path: 'spec.strategy.canary.steps[].weight',
      type: 'whole number',
      standard: '',
      limits: 'at least 0, at most 100',
      meaning: 'Percent of the traffic that the candidate gets.',
    });
    expect(row('spec.strategy.canary.maxSurge')).toMatchObject({ type: 'number or text', standard: '"25%"' });
    expect(row('spec.workloadRef.name')).toMatchObject({ limits: expect.stringMatching(/^required/) });
    expect(row('spec.template')).toMatchObject({ limits: 'any fields' });
  });

  it('say what every field of the spec means', () => {
    expect(rows.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
  });

  it('hold every rule of the schema, with its place', () => {
    const rules = ruleRows(openApi(specSchema), 'spec');
    const inSchema = JSON.stringify(openApi(specSchema)).split('"rule":"').length - 1;
    expect(rules).toHaveLength(inSchema);
    expect(rules.map(({ path }) => path)).toContain('spec.strategy.canary.steps[]');
  });
});

describe('status page', () => {
  it('has a row for each phase, as the operator and wait really behave', () => {
    const brief = phaseRows().map(({ phase, conditions, kstatus, argo, waitHealthy }) =>
      [phase, conditions.Ready, conditions.Stalled, kstatus, argo, waitHealthy].join(' '),
    );
    expect(brief).toEqual([
      'Healthy True False Current Healthy 0',
      'Progressing False False InProgress Progressing -',
      'Paused False False InProgress Suspended -',
      'RolledBack False True Failed Degraded 2',
      'Degraded False True Failed Degraded 2 after --patience',
      'Blocked False True Failed Degraded 2 after --patience',
    ]);
  });

  it('never lets kstatus and Argo CD disagree about success', () => {
    for (const row of phaseRows()) {
      expect([row.phase, row.kstatus === 'Current']).toEqual([row.phase, row.argo === 'Healthy']);
      expect([row.phase, row.kstatus === 'Failed']).toEqual([row.phase, row.argo === 'Degraded']);
    }
  });
});

describe('pages', () => {
  it('name every reason, phase and command', () => {
    const missing = [
      ...Object.keys(REASONS).filter((name) => !textOf('reasons.md').includes(`| \`${name}\` |`)),
      ...PHASES.filter((name) => !textOf('status.md').includes(`| \`${name}\` |`)),
      ...COMMANDS.filter(({ name }) => !textOf('cli.md').includes(`## ${name}\n`)),
    ];
    expect(missing).toEqual([]);
  });

  it('are the same when made again', () => {
    expect(pages()).toEqual(pages());
  });

  it('are reported when the committed text is another, or missing', () => {
    const all = [
      { path: 'a.md', text: 'new' },
      { path: 'b.md', text: 'same' },
      { path: 'c.md', text: 'new' },
    ];
    const files: Record<string, string> = { 'a.md': 'old', 'b.md': 'same' };
    expect(stalePages(all, (path) => files[path]).map(({ path }) => path)).toEqual(['a.md', 'c.md']);
  });
});

describe('table', () => {
  it('survives pipes and line breaks in cells', () => {
    expect(table(['a'], [['x || y\nz']])).toBe('| a |\n| --- |\n| x \\|\\| y z |');
  });
});
