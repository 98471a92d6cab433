// Releases judged by the counters of their pods: the pages are played, everything else is real.
import { describe, expect, it } from '@jest/globals';
import { WITHDRAW_AFTER_MS } from '../../operator/src/rollout/outage.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { playMetrics, type Played } from './support/metrics-pages.ts';
import {
  ask,
  condition,
  isHealthy,
  isRolledBack,
  readyReason,
  serving,
} from './support/release-steps.ts';

const openLab = useLabs();

const WELL: Played = { requests: 50, errors: 0 };
const CHECKS = { scrape: { port: 'metrics', everySeconds: 1 } };

async function judged(versions: Record<string, Played>, verify: object): Promise<Lab> {
  const lab = await openLab();
  await serving(lab, {
    steps: [{ weight: 50 }, { verify: { seconds: 1, requests: 100, ...verify } }],
    spec: { checks: CHECKS },
    operator: { fetchPage: playMetrics(() => lab, versions) },
  });
  return lab;
}

describe('a candidate that is judged by its errors', () => {
  it('is rolled back when it fails a fifth of its requests', async () => {
    const lab = await judged(
      { 1: { requests: 50, errors: 0 }, 2: { requests: 50, errors: 0.2 } },
      { seconds: 3600 },
    );
    await ask(lab, { tag: '2' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));

    expect(readyReason(lab)).toBe('ChecksFailed');
    const { checks, history } = lab.status();
    const [check] = checks ?? [];
    expect(check).toMatchObject({ name: 'overall', threshold: 100 });
    expect(check?.evidence).toBeGreaterThanOrEqual(100);
    expect(check?.canary?.errors).toBeGreaterThan(0);
    expect(check?.canary?.requests).toBeGreaterThanOrEqual(50);
    expect(check?.stable?.errors).toBe(0);
    expect(history?.[0]).toMatchObject({
      revision: 2,
      outcome: 'RolledBack',
      reason: 'ChecksFailed',
      requests: check?.canary?.requests,
      errors: check?.canary?.errors,
    });
  });

  it('is promoted when it is as good as stable, and had enough requests', async () => {
    const lab = await judged(
      { 1: { requests: 50, errors: 0.02 }, 2: { requests: 50, errors: 0.02 } },
      {},
    );
    await ask(lab, { tag: '2' });
    await lab.eventually('version 2', isHealthy(lab, '2'));
    expect(lab.status().history?.[0]?.requests).toBeGreaterThanOrEqual(100);
  });

  it('is held while nothing is counted, and goes on when requests come', async () => {
    const versions: Record<string, Played> = {
      1: { requests: 0, errors: 0 },
      2: { requests: 0, errors: 0 },
    };
    const lab = await judged(versions, { deadlineSeconds: 2 });
    await ask(lab, { tag: '2' });
    await lab.eventually('the hold', () => readyReason(lab) === 'NoEvidence');
    expect(lab.status()).toMatchObject({ phase: 'Paused', weight: { observed: 50 } });
    versions['1'] = versions['2'] = { requests: 100, errors: 0 };
    await lab.eventually('version 2', isHealthy(lab, '2'));
  });

  it.each([
    ['promote', (lab: Lab) => isHealthy(lab, '2')],
    ['rollback', (lab: Lab) => isRolledBack(lab, '1')],
  ] as const)(
    'without data does at the deadline what onDeadline says: %s',
    async (onDeadline, isDone) => {
      const lab = await judged(
        { 1: { requests: 5, errors: 0 }, 2: { requests: 5, errors: 0 } },
        { deadlineSeconds: 3, onDeadline, requests: 100_000 },
      );
      await ask(lab, { tag: '2' });
      await lab.eventually('the end', isDone(lab));
      if (onDeadline === 'rollback') expect(readyReason(lab)).toBe('NoDataAtDeadline');
    },
  );

  it('is not blamed for an outage that stable has too', async () => {
    const versions: Record<string, Played> = {
      1: { requests: 50, errors: 0 },
      2: { requests: 50, errors: 0 },
    };
    const lab = await judged(versions, { seconds: 5 });
    await ask(lab, { tag: '2' });
    await lab.eventually(
      'requests of the candidate',
      () => (lab.status().weight?.observed ?? 0) === 50,
    );
    versions['1'] = versions['2'] = { requests: 50, errors: 0.5 };
    await lab.eventually(
      'errors of both to be seen',
      () => (lab.status().checks?.[0]?.stable?.errors ?? 0) > 20,
    );
    expect(lab.status().stage).toBe('Stepping');
    versions['1'] = versions['2'] = { requests: 200, errors: 0 };
    await lab.eventually('version 2', isHealthy(lab, '2'));
  });

  it('that hurts what both share is found by withdrawing its traffic', async () => {
    const versions: Record<string, Played> = { 1: WELL, 2: WELL };
    const lab = await judged(versions, { seconds: 3600 });
    const hurt = setInterval(() => {
      const isThere = lab.world.pods().some((pod) => pod.image === '2' && !pod.isTerminating);
      versions['1'] = versions['2'] = isThere ? { requests: 50, errors: 0.5 } : WELL;
    }, 100);
    lab.onEnd(() => clearInterval(hurt));
    await ask(lab, { tag: '2' });
    await lab.eventually('the hold', () => readyReason(lab) === 'SharedOutage');
    await lab.eventually('the end', isRolledBack(lab, '1'), WITHDRAW_AFTER_MS + 60_000);

    expect(readyReason(lab)).toBe('SharedHarm');
    expect(lab.status().history?.[0]).toMatchObject({ outcome: 'RolledBack', reason: 'SharedHarm' });
    expect(lab.status().message).toMatch(/recovered \d+ s after that was withdrawn/);
  }, 180_000);

  it('whose pages cannot be read is held, with the reason', async () => {
    const lab = await judged({ 1: { requests: 50, errors: 0 } }, { deadlineSeconds: 2 });
    await ask(lab, { tag: '2' });
    await lab.eventually('the hold', () => readyReason(lab) === 'NoEvidence');
    await lab.eventually(
      'the reason',
      () => condition(lab, 'MetricsRecognized')?.reason === 'MetricsUnavailable',
    );
    expect(condition(lab, 'MetricsRecognized')?.status).toBe('False');
    expect(lab.status().weight?.observed).toBe(50);
  });
});
