import { describe, expect, it } from '@jest/globals';
import type { Manifest } from '../manifest.ts';
import { podTemplates } from '../pod-templates.ts';
import { RULE_BOOK } from '../testing/rule-book.ts';
import { only, synth } from '../testing/synth.ts';
import { BackupCronJob } from './backup-cron-job.ts';
import { MigrationJob } from './migration-job.ts';
import { Postgres } from './postgres.ts';
import { RestoreDrillCronJob } from './restore-drill-cron-job.ts';

const SHARED = { app: 'shop', image: 'backup:1', databaseSecret: 'shop-db', claim: 'sets' };

function variables(objects: readonly Manifest[]): Record<string, unknown> {
  const env = podTemplates(objects)[0]?.spec.containers[0]?.env ?? [];
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.secretKeyRef?.key]),
  );
}

function rules(objects: readonly Manifest[]): readonly string[] {
  return Object.values(RULE_BOOK).flatMap((rule) => rule(objects));
}

describe('the backup', () => {
  const objects = synth((scope) => new BackupCronJob(scope, 'Backup', { ...SHARED, keep: { daily: 14 } }));

  it('runs each night, keeps what it was told, on the claimed volume', () => {
    expect(rules(objects)).toEqual([]);
    expect(only(objects, 'CronJob')['spec']).toMatchObject({ schedule: '15 2 * * *', timeZone: 'Etc/UTC' });
    expect(variables(objects)).toMatchObject({ BACKUP_DIR: '/backup', BACKUP_KEEP_DAILY: '14', PGHOST: 'host' });
    const [template] = podTemplates(objects);
    expect(template?.spec.containers[0]?.args).toEqual(['run']);
    expect(template?.spec.volumes).toContainEqual(
      expect.objectContaining({ persistentVolumeClaim: expect.objectContaining({ claimName: 'sets' }) }),
    );
  });

  it('gives its tools less time than the Job has', () => {
    const spec = only(objects, 'CronJob')['spec'] as {
      jobTemplate: { spec: { activeDeadlineSeconds: number } };
    };
    const tools = Number(variables(objects)['BACKUP_TOOL_TIMEOUT_SECONDS']);
    expect(tools).toBeLessThan(spec.jobTemplate.spec.activeDeadlineSeconds);
  });
});

describe('the restore drill', () => {
  const objects = synth((scope) =>
    new RestoreDrillCronJob(scope, 'Drill', { ...SHARED, scratchDatabase: 'shop_drill' }),
  );

  it('restores into the scratch database, after the backup', () => {
    expect(rules(objects)).toEqual([]);
    expect(only(objects, 'CronJob')['spec']).toMatchObject({ schedule: '45 3 * * *' });
    expect(podTemplates(objects)[0]?.spec.containers[0]?.args).toEqual(['drill']);
    expect(variables(objects)).toMatchObject({ DRILL_DATABASE: 'shop_drill', PGDATABASE: 'database' });
  });
});

describe('the migration', () => {
  const job = (image: string) =>
    synth((scope) => new MigrationJob(scope, 'Migration', { app: 'shop', image, databaseSecret: 'shop-db' }));

  it('is told the database by its Secret', () => {
    const objects = job('migrate:1');
    expect(rules(objects)).toEqual([]);
    expect(variables(objects)).toEqual({ DATABASE_URL: 'url' });
  });

  it.each([
    ['migrate:1.2.0', 'shop-migrate-1-2-0'],
    ['registry:5000/migrate:Dev_7', 'shop-migrate-dev-7'],
    [`migrate@sha256:${'ab'.repeat(32)}`, 'shop-migrate-sha256-ababababababa'],
  ])('of %s is the Job %s: a template cannot change', (image, name) => {
    expect(only(job(image), 'Job').metadata.name).toBe(name);
  });
});

describe('PostgreSQL for local use', () => {
  const objects = synth((scope) =>
    new Postgres(scope, 'Postgres', { image: 'postgres:15', databaseSecret: 'shop-db', storageClass: 'fast' }),
  );

  it('keeps its files on the claimed volume, below its root', () => {
    expect(rules(objects)).toEqual([]);
    expect(only(objects, 'PersistentVolumeClaim')['spec']).toMatchObject({ storageClassName: 'fast' });
    const [container] = podTemplates(objects)[0]?.spec.containers ?? [];
    const data = container?.volumeMounts?.find(({ name }) => name === 'data')?.mountPath;
    expect(variables(objects)['PGDATA']).toBe(`${data}/pgdata`);
  });

  it('does not widen the mode of its files at a restart', () => {
    expect(podTemplates(objects)[0]?.spec.securityContext).toMatchObject({
      runAsUser: 999,
      fsGroup: 999,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
  });
});
