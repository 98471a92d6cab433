// The backup CronJob and the restore drill, started by hand as the guide says.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { openTestStack } from './support/access.ts';
import type { Stack } from './support/stack.ts';

describe('backups', () => {
  let stack: Stack;
  beforeAll(() => {
    stack = openTestStack();
  });
  afterAll(() => stack.transport.close());

  const runJob = async (cronJob: string, job: string): Promise<string> => {
    const inBank = ['-n', DEMO.namespace];
    await stack.kubectlRun(...inBank, 'create', 'job', `--from=cronjob/${cronJob}`, job);
    await stack.kubectlRun(
      ...inBank,
      'wait',
      '--for=condition=complete',
      '--timeout=90s',
      `job/${job}`,
    );
    return stack.kubectlRun(...inBank, 'logs', `job/${job}`);
  };

  it('publishes a complete set, and restores it into a scratch database that adds up', async () => {
    const backup = await runJob('ledger-backup', 'backup-by-hand');
    expect(backup).toMatch(/published/i);
    const drill = await runJob('ledger-restore-drill', 'drill-by-hand');
    expect(drill).toMatch(/"kind":"passed".*"annotation":"written"/);
    const annotation = ['-o', String.raw`jsonpath={.metadata.annotations.slipway\.dev/last-verified-backup}`];
    const cronJob = ['get', 'cronjob', 'ledger-backup'];
    const written = await stack.kubectlRun('-n', DEMO.namespace, ...cronJob, ...annotation);
    expect(JSON.parse(written)).toEqual({
      id: expect.stringMatching(/^\d{8}T\d{9}Z-/),
      verifiedAt: expect.any(String),
      recoveryPoint: expect.any(String),
      restoreSeconds: expect.any(Number),
    });
  });

  it('shows what was verified on the page of the exporter', async () => {
    const inBank = ['-n', DEMO.namespace];
    const available = ['--for=condition=Available', '--timeout=60s', 'deployment/ledger-backup-exporter'];
    await stack.kubectlRun(...inBank, 'wait', ...available);
    const script =
      "fetch('http://127.0.0.1:9090/metrics').then((page) => page.text()).then((text) => console.log(text))";
    const verified = async (): Promise<boolean> => {
      const page = await stack.kubectlRun(
        ...inBank, 'exec', 'deployment/ledger-backup-exporter', '--', 'node', '--eval', script,
      );
      const wanted = [/^backup_last_verified_timestamp_seconds \d/m, /^backup_last_drill_passed 1$/m];
      return wanted.every((line) => line.test(page));
    };
    const deadline = Date.now() + 90_000;
    let isShown = await verified();
    while (!isShown && Date.now() < deadline) {
      await sleep(5_000);
      isShown = await verified();
    }
    expect(isShown).toBe(true);
  });
});
