// The alerts that charts-ts renders, under promtool: each fires when it should, and not when all is well.
import { describe, expect, it } from '@jest/globals';
import type { RuleGroup } from '../../charts-ts/src/alerts/rule-group.ts';
import { renderEnvironment } from '../../charts-ts/src/render.ts';
import { only } from '../../charts-ts/src/testing/synth.ts';
import { checkRules, testRules, type RuleCase } from './rule-tests.ts';

const objects = renderEnvironment('prod-eu').flatMap((file) => file.objects);
const { groups } = only(objects, 'PrometheusRule')['spec'] as { groups: readonly RuleGroup[] };

const APP = 'namespace="bank",service="ledger-metrics"';
const OPERATOR = 'namespace="slipway-system",service="slipway-operator-metrics"';
const VERIFIED = 'backup_last_verified_timestamp_seconds{namespace="bank"}';

/* All is well for `minutes`; a case takes its own series in place of these. */
const well = (minutes: number): Record<string, string> => ({
  [`up{${APP},pod="a"}`]: `1x${minutes}`,
  [`up{${OPERATOR}}`]: `1x${minutes}`,
  [`http_requests_total{${APP},code="200"}`]: `0+600x${minutes}`,
  [`http_request_duration_seconds_bucket{${APP},le="0.1"}`]: `0+600x${minutes}`,
  [`http_request_duration_seconds_bucket{${APP},le="1"}`]: `0+600x${minutes}`,
  [`http_request_duration_seconds_bucket{${APP},le="+Inf"}`]: `0+600x${minutes}`,
  [`slipway_reconcile_total{${OPERATOR},outcome="retry",threw="true"}`]: `0x${minutes}`,
  [`slipway_reconcile_late_total{${OPERATOR}}`]: `0x${minutes}`,
  [`slipway_cache_last_event_age_seconds{${OPERATOR},resource="pods"}`]: `60x${minutes}`,
  [`slipway_kube_requests_total{${OPERATOR},method="GET",code="2xx"}`]: `0+60x${minutes}`,
  [`slipway_kube_requests_total{${OPERATOR},method="GET",code="5xx"}`]: `0x${minutes}`,
  // Time begins at 0, and a backup with it.
  [VERIFIED]: `0x${minutes}`,
  ['backup_bytes{namespace="bank"}']: `1000000x${minutes}`,
  ['backup_missed_schedules_total{namespace="bank"}']: `0x${minutes}`,
  ['backup_target_readable{namespace="bank"}']: `1x${minutes}`,
  ['backup_last_drill_passed{namespace="bank"}']: `1x${minutes}`,
  ['backup_missing_uploads{namespace="bank"}']: `0x${minutes}`,
});

const errors = (share: number, minutes: number) => ({
  [`http_requests_total{${APP},code="200"}`]: `0+${600 * (1 - share)}x${minutes}`,
  [`http_requests_total{${APP},code="500"}`]: `0+${600 * share}x${minutes}`,
});

interface Case extends Omit<RuleCase, 'name' | 'series'> {
  readonly but?: Readonly<Record<string, string | undefined>>;
}

const CASES: Readonly<Record<string, Case>> = {
  'nothing while all is well': { atMinute: 600, firing: [] },
  'nothing while 1 of 2,000 requests fails': { atMinute: 600, but: errors(0.0005, 600), firing: [] },
  'a page when 3 % of the requests of an hour failed, and a ticket': {
    atMinute: 70,
    but: errors(0.03, 70),
    firing: ['AppErrorBudgetBurn page', 'AppErrorBudgetBurn ticket'],
  },
  'a ticket, and no page, when 1 % failed for six hours': {
    atMinute: 400,
    but: errors(0.01, 400),
    firing: ['AppErrorBudgetBurn ticket'],
  },
  'no page any more ten minutes after the errors ended': {
    atMinute: 85,
    but: {
      [`http_requests_total{${APP},code="200"}`]: '0+582x75 43650+600x20',
      [`http_requests_total{${APP},code="500"}`]: '0+18x75 1350x20',
    },
    firing: ['AppErrorBudgetBurn ticket'],
  },
  'a ticket when 1 of 10 requests takes a second': {
    atMinute: 20,
    but: { [`http_request_duration_seconds_bucket{${APP},le="0.1"}`]: '0+540x20' },
    firing: ['AppSlow ticket'],
  },
  'a page when no pod answers': { atMinute: 5, but: { [`up{${APP},pod="a"}`]: '1 0x5' }, firing: ['AppDown page'] },
  'a page when the app is not scraped at all': {
    atMinute: 5,
    but: { [`up{${APP},pod="a"}`]: undefined },
    firing: ['AppDown page'],
  },
  'a page when no operator runs': { atMinute: 10, but: { [`up{${OPERATOR}}`]: '0x10' }, firing: ['SlipwayDown page'] },
  'a ticket for an error that nobody named': {
    atMinute: 10,
    but: { [`slipway_reconcile_total{${OPERATOR},outcome="retry",threw="true"}`]: '0x5 1x5' },
    firing: ['SlipwayReconcileFails ticket'],
  },
  'a ticket for releases that take too long': {
    atMinute: 20,
    but: { [`slipway_reconcile_late_total{${OPERATOR}}`]: '0+1x20' },
    firing: ['SlipwayReconcileLate ticket'],
  },
  'a page when a watch is dead': {
    atMinute: 10,
    but: { [`slipway_cache_last_event_age_seconds{${OPERATOR},resource="pods"}`]: '0+60x10' },
    firing: ['SlipwayCacheStale page'],
  },
  'a ticket when a fifth of the requests to the API server fails': {
    atMinute: 30,
    but: { [`slipway_kube_requests_total{${OPERATOR},method="GET",code="5xx"}`]: '0+15x30' },
    firing: ['SlipwayRequestsFail ticket'],
  },
  'a ticket when nothing says that there is a backup': {
    atMinute: 70,
    but: { [VERIFIED]: undefined },
    firing: ['BackupUnknown ticket'],
  },
  'a ticket when a backup did not come': {
    atMinute: 20,
    but: { ['backup_missed_schedules_total{namespace="bank"}']: '0x10 1x10' },
    firing: ['BackupMissed ticket'],
  },
  'a ticket when the backups cannot be read': {
    atMinute: 30,
    but: { ['backup_target_readable{namespace="bank"}']: '0x30' },
    firing: ['BackupUnreadable ticket'],
  },
  'a page when the restore drill failed': {
    atMinute: 10,
    but: { ['backup_last_drill_passed{namespace="bank"}']: '0x10' },
    firing: ['RestoreDrillFailed page'],
  },
  'a ticket when uploads are missing in a backup': {
    atMinute: 10,
    but: { ['backup_missing_uploads{namespace="bank"}']: '3x10' },
    firing: ['BackupLacksUploads ticket'],
  },
  'a ticket when a backup is half as large as the one before': {
    atMinute: 120,
    but: { ['backup_bytes{namespace="bank"}']: '1000000x60 400000x70' },
    firing: ['BackupShrunk ticket'],
  },
};

/* Hours after the newest backup; looked at each ten minutes. */
const AGES: readonly (readonly [number, readonly string[]])[] = [
  [24, []],
  [26, []],
  [26.5, ['BackupTooOld ticket']],
  [50, ['BackupTooOld ticket']],
  [50.5, ['BackupMuchTooOld page', 'BackupTooOld ticket']],
];

function seriesOf({ atMinute, but = {} }: Case): Readonly<Record<string, string>> {
  const all = Object.entries({ ...well(atMinute), ...but });
  return Object.fromEntries(all.flatMap(([name, values]) => (values === undefined ? [] : [[name, values]])));
}

describe('the alerts', () => {
  it('S10: are rules that promtool finds nothing wrong with', () => {
    const result = checkRules(groups);
    expect(result.output).toContain('SUCCESS');
    expect(result.ok).toBe(true);
  });

  it.each(Object.entries(CASES))('S10: raise %s', (name, one) => {
    const result = testRules(groups, { name, series: seriesOf(one), ...one });
    expect(result).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') });
  });

  it.each(AGES)('S10: %d hours after the newest backup raise %j', (hours, firing) => {
    const backup = groups.filter(({ name }) => name.endsWith('-backup'));
    const series = { [VERIFIED]: `0x${hours * 6}` };
    const one = { name: `${hours} h`, series, stepMinutes: 10, atMinute: hours * 60, firing };
    expect(testRules(backup, one)).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') });
  });

  it('S10: are all fired by some case', () => {
    const rules = groups.flatMap((group) => group.rules);
    const alerts = new Set(rules.flatMap((rule) => ('alert' in rule ? [rule.alert] : [])));
    const firing = [...Object.values(CASES).map((one) => one.firing), ...AGES.map(([, one]) => one)];
    const fired = new Set(firing.flat().map((one) => one.split(' ')[0] ?? ''));
    expect([...fired].toSorted()).toEqual([...alerts].toSorted());
  });

  it('would be found wrong by promtool', () => {
    const calm = { atMinute: 10, firing: ['AppDown page'] };
    expect(testRules(groups, { ...calm, name: 'calm', series: seriesOf(calm) }).ok).toBe(false);
    const broken = { name: 'broken', rules: [{ record: 'a', expr: 'sum((' }] };
    expect(checkRules([broken]).ok).toBe(false);
  });
});
