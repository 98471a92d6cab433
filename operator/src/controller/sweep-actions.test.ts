import { describe, expect, it } from '@jest/globals';
import type { KubeClient } from '../kube/client.ts';
import { silent } from '../lib/log.ts';
import { createManualClock } from '../lib/manual-clock.ts';
import { projectAction } from './projections.ts';
import { startActionSweep, sweepActions } from './sweep-actions.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 31);
const action = (name: string, ageDays: number, phase?: string) =>
  projectAction({
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'ReleaseAction',
    metadata: {
      name,
      namespace: 'bank',
      uid: name,
      creationTimestamp: new Date(START - ageDays * DAY_MS).toISOString(),
    },
    ...(phase ? { status: { phase } } : {}),
  });

function lab(isLeader = true) {
  const deleted: string[] = [];
  const client = {
    delete: ({ name }: { name: string }) => {
      if (name === 'stubborn') return Promise.reject(new Error('no'));
      deleted.push(name);
      return Promise.resolve();
    },
  } as unknown as KubeClient;
  const actions = [
    action('old', 8, 'Applied'),
    action('stubborn', 9, 'Expired'),
    action('young', 6, 'Applied'),
    action('open', 30),
  ];
  const clock = createManualClock(START);
  return {
    deleted,
    options: {
      client,
      clock,
      log: silent,
      isLeader: () => isLeader,
      stores: () => [{ actions: { list: () => actions } }] as never,
    },
  };
}

describe('the sweep of actions', () => {
  it('deletes what is done and older than a week, and goes on after a failure', async () => {
    const { deleted, options } = lab();
    expect(await sweepActions(options)).toBe(1);
    expect(deleted).toEqual(['old']);
  });

  it('comes every hour, while this operator leads', () => {
    const [leader, standby] = [lab(), lab(false)];
    const sweeps = [leader, standby].map(({ options }) => startActionSweep(options));
    leader.options.clock.advance(3_600_000);
    standby.options.clock.advance(3_600_000);
    expect([leader.deleted, standby.deleted]).toEqual([['old'], []]);
    for (const sweep of sweeps) sweep.stop();
    expect(leader.options.clock.pending()).toBe(0);
  });
});
