// What the parts of a backup agree on: names, labels, the usual hour.
import { Cron } from 'cdk8s';
import type { Identity } from './labels.ts';

/** A quarter past two each night. */
export const DEFAULT_BACKUP_SCHEDULE = Cron.schedule({ hour: '2', minute: '15' });

/** Name of the CronJob, which carries the annotation `slipway.dev/last-verified-backup`. */
export function backupName(app: string): string {
  return `${app}-backup`;
}

/** The component of the drill's pods. They have a token: to write that annotation. */
export const DRILL_COMPONENT = 'restore-drill';

export const EXPORTER_PORT = 9090;

/** Of the exporter's pods. */
export function exporterIdentity(app: string): Identity {
  return { name: `${app}-backup`, component: 'exporter' };
}
