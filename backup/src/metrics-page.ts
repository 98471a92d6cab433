// The page that Prometheus reads, from the state of the backups. What is not known is left out, so that
// `absent()` sees it. Pure.
import type { BackupState } from './backup-state.ts';

export interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Undefined: not known. */
  readonly value: number | undefined;
}

export interface Observed {
  /** Undefined until the target has been read. */
  readonly state: BackupState | undefined;
  /** Whether the last look at the target succeeded. */
  readonly isReadable: boolean;
  /** Undefined without a schedule. */
  readonly missedSchedules: number | undefined;
}

export function metricsOf({ state, isReadable, missedSchedules }: Observed): readonly Metric[] {
  const { newest, verified, lastDrill } = state ?? {};
  const gauge = (name: string, value: number | undefined, help: string): Metric =>
    ({ name, type: 'gauge', value, help });
  return [
    gauge('backup_target_readable', Number(isReadable), 'Whether the last look at the target succeeded.'),
    gauge('backup_last_success_timestamp_seconds', seconds(newest?.completedAt), 'When the newest set was published.'),
    gauge(
      'backup_last_verified_timestamp_seconds',
      seconds(verified && Date.parse(verified.recoveryPoint)),
      'Recovery point of the newest set that a drill has restored.',
    ),
    gauge('backup_bytes', newest?.sizeBytes, 'Size of the newest set.'),
    gauge(
      'backup_duration_seconds',
      newest && (newest.completedAt - newest.startedAt) / 1_000,
      'How long the newest set took.',
    ),
    gauge('backup_missing_uploads', newest?.missingUploads, 'Uploads the database knew and the newest set lacks.'),
    gauge('backup_free_bytes', state?.freeBytes, 'Room that is left on the volume.'),
    gauge('backup_restore_seconds', verified?.restoreSeconds, 'How long the last drill that passed took to restore.'),
    gauge(
      'backup_recovery_point_age_seconds',
      verified?.recoveryPointAgeSeconds,
      'Age of the data at the last drill that passed.',
    ),
    gauge('backup_last_drill_passed', lastDrill && Number(lastDrill === 'passed'), 'Whether the last drill passed.'),
    {
      name: 'backup_missed_schedules_total',
      type: 'counter',
      value: missedSchedules,
      help: 'Times at which a backup was due and none was published.',
    },
  ];
}

export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ value }) => value !== undefined)
    .map(({ name, type, help, value }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('');
}

function seconds(millis: number | undefined): number | undefined {
  return millis === undefined ? undefined : millis / 1_000;
}
