import { describe, expect, it } from '@jest/globals';
import type { Manifest } from '../manifest.ts';
import { podTemplates } from '../pod-templates.ts';
import { RULE_BOOK } from '../testing/rule-book.ts';
import { only, synth } from '../testing/synth.ts';
import { BackupCronJob } from './backup-cron-job.ts';
import { BackupExporter } from './backup-exporter.ts';
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

describe('what the drill may do', () => {
  const objects = synth((scope) =>
    new RestoreDrillCronJob(scope, 'Drill', { ...SHARED, scratchDatabase: 'shop_drill', scratchMebibytes: 64 }),
  );

  it('is to patch one CronJob, with a token of its own', () => {
    expect(only(objects, 'Role')['rules']).toEqual([
      { apiGroups: ['batch'], resources: ['cronjobs'], resourceNames: ['shop-backup'], verbs: ['patch'] },
    ]);
    const [template] = podTemplates(objects);
    expect(template?.spec).toMatchObject({
      serviceAccountName: 'shop-restore-drill',
      automountServiceAccountToken: true,
    });
    expect(variables(objects)).toMatchObject({ BACKUP_ANNOTATE_CRONJOB: 'shop-backup', DRILL_DIR: '/scratch' });
    expect(template?.spec.volumes).toContainEqual({ name: 'scratch', emptyDir: { sizeLimit: '64Mi' } });
  });
});

describe('where backups are kept', () => {
  const bucket = {
    name: 'sets',
    endpoint: 'https://s3.example',
    region: 'eu-1',
    prefix: 'shop',
    secret: 'shop-bucket',
    storageClass: 'STANDARD_IA',
    lock: { mode: 'COMPLIANCE', days: 30 },
    keep: { yearly: 7 },
  } as const;
  const backup = (props: object) =>
    synth((scope) => new BackupCronJob(scope, 'Backup', { app: 'shop', image: 'backup:1', databaseSecret: 'shop-db', ...props }));

  it('may be a bucket alone, with credentials and keys as files', () => {
    const objects = backup({ bucket, keysSecret: 'shop-keys', uploadsClaim: 'shop-uploads' });
    expect(rules(objects)).toEqual([]);
    const found = variables(objects);
    expect(found).toMatchObject({
      BACKUP_S3_BUCKET: 'sets',
      BACKUP_S3_ENDPOINT: 'https://s3.example',
      BACKUP_S3_CREDENTIALS_DIR: '/run/secrets/bucket',
      BACKUP_S3_LOCK_DAYS: '30',
      BACKUP_S3_KEEP_YEARLY: '7',
      BACKUP_S3_KEEP_DAILY: '7',
      BACKUP_KEYS_DIR: '/run/secrets/backup-keys',
      UPLOADS_DIR: '/uploads',
    });
    expect(found).not.toHaveProperty('BACKUP_DIR');
    const mounts = podTemplates(objects)[0]?.spec.containers[0]?.volumeMounts ?? [];
    expect(mounts.filter(({ readOnly }) => readOnly).map(({ mountPath }) => mountPath).toSorted()).toEqual([
      '/run/secrets/backup-keys',
      '/run/secrets/bucket',
      '/run/secrets/database',
      '/uploads',
    ]);
  });

  it('has to be somewhere', () => {
    expect(() => backup({})).toThrow(/name a claim or a bucket/);
  });

  it('may be a volume of one node, on which the Job then runs beside the exporter', () => {
    const [template] = podTemplates(backup({ claim: 'sets', besideExporter: true }));
    expect(template?.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        labelSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'shop-backup', 'app.kubernetes.io/component': 'exporter' },
        },
        topologyKey: 'kubernetes.io/hostname',
      },
    ]);
  });
});

describe('the exporter', () => {
  const objects = synth((scope) =>
    new BackupExporter(scope, 'Exporter', { app: 'shop', image: 'backup:1', claim: 'sets', timeZone: 'Europe/Berlin' }),
  );

  it('reads the sets and nothing else: no password, no token, no way to write', () => {
    expect(rules(objects)).toEqual([]);
    expect(variables(objects)).toEqual({
      BACKUP_DIR: '/backup',
      METRICS_PORT: '9090',
      BACKUP_SCHEDULE: '15 2 * * *',
      BACKUP_TIME_ZONE: 'Europe/Berlin',
      BACKUP_GRACE_SECONDS: '7200',
    });
    const [template] = podTemplates(objects);
    expect(template?.spec.containers[0]?.volumeMounts).toContainEqual(
      expect.objectContaining({ mountPath: '/backup', readOnly: true }),
    );
    expect(only(objects, 'Deployment')['spec']).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
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
