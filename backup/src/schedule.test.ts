import { describe, expect, it } from '@jest/globals';

import type { BackupState } from './backup-state.ts';
import { metricsOf, renderMetrics } from './metrics-page.ts';
import type { KnownRun } from './run-notes.ts';
import { missedSchedules, scheduleProblem } from './schedule.ts';
import { Exporter } from './serve-metrics.ts';
import type { Target } from './target.ts';

const nightly = { cron: '15 2 * * *', timeZone: 'Etc/UTC' };
const run = (time: string, kind: KnownRun['kind'] = 'published'): KnownRun => ({
  id: time,
  kind,
  startedAt: Date.parse(time),
});
const missed = (runs: readonly KnownRun[], schedule = nightly): string[] =>
  missedSchedules({
    schedule,
    runs,
    after: Date.parse('2026-03-26T12:00:00Z'),
    until: Date.parse('2026-03-30T12:00:00Z'),
  }).map((at) => new Date(at).toISOString());

describe('missedSchedules', () => {
  it('are none while every due time has its set, late or by hand', () => {
    const runs = ['27T02:15:04', '28T03:10:00', '29T23:00:00', '30T02:15:01'];
    expect(missed(runs.map((time) => run(`2026-03-${time}Z`)))).toEqual([]);
  });

  it('are the times without a run, and those whose run failed', () => {
    const runs = [run('2026-03-27T02:15:04Z'), run('2026-03-29T02:15:04Z', 'failed'), run('2026-03-30T02:16:00Z')];
    expect(missed(runs)).toEqual(['2026-03-28T02:15:00.000Z', '2026-03-29T02:15:00.000Z']);
  });

  it('are all times when there never was a run', () => {
    expect(missed([])).toHaveLength(4);
  });

  it('follow the clock of the time zone, also in the night that has no such hour', () => {
    const berlin = { cron: '15 2 * * *', timeZone: 'Europe/Berlin' };
    // On 29 March it is never 2:15 in Berlin.
    expect(missed([], berlin).map((time) => time.slice(0, 13))).toEqual([
      '2026-03-27T01',
      '2026-03-28T01',
      expect.stringMatching(/^2026-03-29T01/),
      '2026-03-30T00',
    ]);
  });
});

describe('scheduleProblem', () => {
  it.each([
    ['15 2 * * *', 'Europe/Berlin', /^none$/],
    ['0 */6 * * 1-5', 'Etc/UTC', /^none$/],
    ['15 2 * *', 'Etc/UTC', /five fields/],
    ['61 2 * * *', 'Etc/UTC', /61/],
    ['15 2 * * *', 'Europe/Nowhere', /Europe\/Nowhere/],
  ])('of %j in %s', (cron, timeZone, want) => {
    expect(scheduleProblem({ cron, timeZone }) ?? 'none').toMatch(want);
  });
});

const state: BackupState = {
  newest: { startedAt: 1_000, completedAt: 61_000, sizeBytes: 1_234, missingUploads: 0 },
  verified: {
    setId: 'x',
    at: '1970-01-01T02:00:00Z',
    recoveryPoint: '1970-01-01T00:00:01Z',
    recoveryPointAgeSeconds: 7_199,
    restoreSeconds: 4.5,
  },
  lastDrill: 'passed',
  runs: [],
  freeBytes: 99,
};

describe('the metrics page', () => {
  it('tells what is known', () => {
    const page = renderMetrics(metricsOf({ state, isReadable: true, missedSchedules: 2 }));
    const lines = page.split('\n').filter((line) => line && !line.startsWith('#'));
    expect(lines).toEqual([
      'backup_target_readable 1',
      'backup_last_success_timestamp_seconds 61',
      'backup_last_verified_timestamp_seconds 1',
      'backup_bytes 1234',
      'backup_duration_seconds 60',
      'backup_missing_uploads 0',
      'backup_free_bytes 99',
      'backup_restore_seconds 4.5',
      'backup_recovery_point_age_seconds 7199',
      'backup_last_drill_passed 1',
      'backup_missed_schedules_total 2',
    ]);
  });

  it('leaves out what is not known, so that its absence is seen', () => {
    const nothing = { ...state, newest: undefined, verified: undefined, lastDrill: undefined };
    const page = renderMetrics(metricsOf({ state: nothing, isReadable: true, missedSchedules: undefined }));
    expect(page).not.toMatch(/verified|success|bytes \d{4}|missed|NaN|undefined/);
  });
});

describe('the exporter', () => {
  const hour = 3_600_000;
  let runs: string[] = [];
  let fails = false;
  const target = {
    name: 'volume',
    listSets: async () => [],
    listNotes: async (folder: string) => {
      if (fails) throw new Error('gone');
      return folder === 'runs' ? runs : [];
    },
    freeBytes: async () => 5,
  } as unknown as Target;
  const config = { port: 0, refreshMs: 1, schedule: nightly, graceMs: 2 * hour, stallMs: 50 };

  it('counts each missed time once, when its grace is over, and keeps counting up', async () => {
    let now = Date.parse('2026-11-28T00:00:00Z');
    const exporter = new Exporter({ target, config, now: () => now });
    const at = async (time: string): Promise<string | undefined> => {
      now = Date.parse(time);
      await exporter.look();
      return /backup_missed_schedules_total (\d+)/.exec(exporter.page())?.[1];
    };
    runs = [];
    expect(await at('2026-11-28T04:00:00Z')).toBe('0');
    expect(await at('2026-11-28T04:16:00Z')).toBe('1');
    expect(await at('2026-11-28T05:00:00Z')).toBe('1');
    runs = ['20261129T021504000Z-0000.published.json'];
    expect(await at('2026-11-29T05:00:00Z')).toBe('1');
    expect(await at('2026-12-01T05:00:00Z')).toBe('3');
  });

  it('says when the target cannot be read, or does not answer, and keeps its last numbers', async () => {
    const exporter = new Exporter({ target, config, now: () => 0 });
    fails = false;
    await exporter.look();
    fails = true;
    await exporter.look();
    expect(exporter.page()).toMatch(/backup_target_readable 0[\s\S]*backup_free_bytes 5/);
    const never = { ...target, listNotes: () => new Promise<string[]>(() => undefined) } as Target;
    const hung = new Exporter({ target: never, config, now: () => 0 });
    await hung.look();
    await hung.look();
    expect(hung.page()).toMatch(/backup_target_readable 0/);
    fails = false;
  });
});
