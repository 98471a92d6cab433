// The backup CronJob and the restore drill, started by hand as the guide says.
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
    expect(drill).toMatch(/verified|passed/i);
  });
});
