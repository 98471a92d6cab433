// Alerts on the age of the newest backup that was proven to be whole. A backup that never ran raises
// them too: what counts is what there is, not what failed.
import { alert, type RuleGroup } from './rule-group.ts';

export interface BackupRulesProps {
  /** Of the app whose backups they are; alerts say it. */
  readonly name: string;
  readonly namespace: string;
  /** More matchers for the series, such as `app="ledger"`. @default - the namespace only */
  readonly matchers?: string;
  /** Hours between two backups. @default 24 */
  readonly everyHours?: number;
  /** Hours that a backup may be late or take. @default 2 */
  readonly graceHours?: number;
}

export function backupRules(props: BackupRulesProps): RuleGroup {
  const { name, namespace, matchers, everyHours = 24, graceHours = 2 } = props;
  const own = [`namespace="${namespace}"`, ...(matchers ? [matchers] : [])].join(',');
  const newest = `max(backup_last_verified_timestamp_seconds{${own}})`;
  const late = (everyHours + graceHours) * 3600;
  const look = `kubectl -n ${namespace} get cronjobs,jobs; docs/runbooks/restore.md`;
  return {
    name: `${namespace}-${name}-backup`,
    rules: [
      alert('BackupTooOld', `time() - ${newest} > ${late}`, {
        forAtLeast: '5m',
        severity: 'ticket',
        summary: `${name}: the newest verified backup is {{ $value | humanizeDuration }} old`,
        description: look,
      }),
      alert('BackupMuchTooOld', `time() - ${newest} > ${late + everyHours * 3600}`, {
        forAtLeast: '5m',
        severity: 'page',
        summary: `${name}: two backups are missing, the newest is {{ $value | humanizeDuration }} old`,
        description: look,
      }),
      alert('BackupUnknown', `absent(backup_last_verified_timestamp_seconds{${own}})`, {
        forAtLeast: '1h',
        severity: 'ticket',
        summary: `${name}: nothing says when a backup was last verified`,
        description: look,
      }),
      alert('BackupMissed', `increase(backup_missed_schedules_total{${own}}[1h]) > 0`, {
        forAtLeast: '0m',
        severity: 'ticket',
        summary: `${name}: a backup was due and did not come`,
        description: look,
      }),
      alert('BackupUnreadable', `min(backup_target_readable{${own}}) == 0`, {
        forAtLeast: '15m',
        severity: 'ticket',
        summary: `${name}: the place where the backups are cannot be read`,
        description: 'Look at the volume or the bucket, then at the exporter\'s log.',
      }),
      alert('RestoreDrillFailed', `min(backup_last_drill_passed{${own}}) == 0`, {
        forAtLeast: '5m',
        severity: 'page',
        summary: `${name}: the last restore drill failed: the backups may be worth nothing`,
        description: look,
      }),
      alert('BackupLacksUploads', `max(backup_missing_uploads{${own}}) > 0`, {
        forAtLeast: '5m',
        severity: 'ticket',
        summary: `${name}: {{ $value }} uploads that the database knows are not in the newest backup`,
        description: 'They were missing on the volume when it was made.',
      }),
      alert('BackupShrunk', `max(backup_bytes{${own}}) < 0.5 * max(max_over_time(backup_bytes{${own}}[7d]))`, {
        forAtLeast: '5m',
        severity: 'ticket',
        summary: `${name}: the newest backup is less than half as large as one of this week`,
        description: 'Data may be gone from the database or from the uploads. Do not delete older sets.',
      }),
    ],
  };
}
