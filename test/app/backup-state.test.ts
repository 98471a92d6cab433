// Where people and Prometheus see the state of backups: the metrics page and the CronJob's annotation.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { openServer, openStage, readJson, report } from './backup-stage.ts';
import type { BackupStage } from './backup-stage.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, startProgram, stopPrograms, waitFor } from './programs.ts';

let postgres: PrivatePostgres;
let stage: BackupStage;

beforeAll(async () => {
  postgres = await openServer();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  stage = await openStage(postgres);
});
afterEach(async () => {
  await stopPrograms();
  stage.close();
});

describe('the metrics page', () => {
  const serve = async (): Promise<(path: string) => Promise<string>> => {
    const running = startProgram(entries.backup, {
      args: ['serve-metrics'],
      env: { BACKUP_DIR: stage.volume, METRICS_PORT: '0', BACKUP_REFRESH_SECONDS: '1', BACKUP_SCHEDULE: '15 2 * * *' },
    });
    const [, port] = await waitFor(
      'the exporter to listen',
      async () => /"port":(\d+)/.exec(running.output()) ?? undefined,
      running,
    );
    return async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  };
  const valueOf = (page: string, name: string): number | undefined => {
    const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1];
    return found === undefined ? undefined : Number(found);
  };

  it('B7: exports the size of the newest set, its time, and what a drill has proven', async () => {
    const get = await serve();
    expect(await get('/readyz')).toBe('ok\n');
    const empty = await get('/metrics');
    expect(valueOf(empty, 'backup_target_readable')).toBe(1);
    expect(empty).not.toMatch(/backup_last_verified_timestamp_seconds \d/);
    await stage.upload('a document');
    await stage.run(['run']);
    await stage.run(['drill']);
    const page = await waitFor('the drill to show', async () => {
      const found = await get('/metrics');
      return valueOf(found, 'backup_last_drill_passed') === 1 ? found : undefined;
    });
    const [id = ''] = stage.sets();
    const manifest = readJson(join(stage.volume, id, 'manifest.json')) as {
      files: { sizeBytes: number }[];
      completedAt: string;
      recoveryPoint: { time: string };
    };
    const bytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    expect(valueOf(page, 'backup_bytes')).toBe(bytes);
    expect(valueOf(page, 'backup_last_success_timestamp_seconds')).toBe(Date.parse(manifest.completedAt) / 1_000);
    const verified = Date.parse(manifest.recoveryPoint.time) / 1_000;
    expect(valueOf(page, 'backup_last_verified_timestamp_seconds')).toBe(verified);
    expect(valueOf(page, 'backup_missed_schedules_total')).toBe(0);
    expect(valueOf(page, 'backup_restore_seconds')).toBeGreaterThan(0);
    // A drill that fails leaves what was proven before, and says that it failed.
    writeFileSync(join(stage.volume, id, 'database.dump'), 'nothing');
    await stage.run(['drill']);
    const failed = await waitFor('the failure to show', async () => {
      const found = await get('/metrics');
      return valueOf(found, 'backup_last_drill_passed') === 0 ? found : undefined;
    });
    expect(valueOf(failed, 'backup_last_verified_timestamp_seconds')).toBe(verified);
  });
});

describe('the annotation', () => {
  let api: Server;
  let account = '';
  let status = 200;
  const seen: { url: string; authorization: string; type: string; body: string }[] = [];
  beforeEach(async () => {
    account = join(stage.volume, '../account');
    mkdirSync(account);
    const [key, cert] = [join(account, 'key.pem'), join(account, 'ca.crt')];
    const subject = ['-subj', '/CN=api', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    writeFileSync(join(account, 'token'), 'a-token');
    writeFileSync(join(account, 'namespace'), 'bank');
    seen.length = 0;
    status = 200;
    api = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      void request.toArray().then((chunks) => {
        const { authorization = '', 'content-type': type = '' } = request.headers;
        seen.push({ url: `${request.method} ${request.url}`, authorization, type, body: String(Buffer.concat(chunks)) });
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => void api.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise<void>((resolve) => void api.close(() => resolve())));
  const drill = () =>
    stage.run(['drill'], {
      BACKUP_ANNOTATE_CRONJOB: 'ledger-backup',
      BACKUP_ACCOUNT_DIR: account,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT_HTTPS: String((api.address() as AddressInfo).port),
    });

  it('tells the set, its times and the seconds of the restore, once a drill has passed', async () => {
    await stage.run(['run']);
    expect(report(await drill())).toMatchObject({ kind: 'passed', annotation: 'written' });
    expect(seen).toMatchObject([
      {
        url: 'PATCH /apis/batch/v1/namespaces/bank/cronjobs/ledger-backup?fieldManager=slipway-backup',
        authorization: 'Bearer a-token',
        type: 'application/merge-patch+json',
      },
    ]);
    const patch = JSON.parse(seen[0]?.body ?? '') as { metadata: { annotations: Record<string, string> } };
    expect(JSON.parse(patch.metadata.annotations['slipway.dev/last-verified-backup'] ?? '')).toEqual({
      id: stage.sets()[0],
      verifiedAt: expect.any(String),
      recoveryPoint: expect.any(String),
      restoreSeconds: expect.any(Number),
    });
  });

  it('is not written for a drill that failed, and one that is refused fails no drill', async () => {
    await drill();
    expect(seen).toEqual([]);
    await stage.run(['run']);
    status = 403;
    const ended = await drill();
    expect([ended.code, report(ended)['annotation']]).toEqual([0, expect.stringMatching(/answered 403/)]);
  });
});
