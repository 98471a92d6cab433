// Versions that fail: each is taken back by itself, stable is not touched, and the failed version is
// refused until somebody wants something else.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, POD, RELEASE_ACTION } from '../../operator/src/controller/resources.ts';
import { sleep, systemClock } from '../../operator/src/lib/clock.ts';
import { record } from '../../operator/src/lib/json.ts';
import { BEHAVIOUR_LABEL, type Behaviour } from '../cluster/src/kwok/stages.ts';
import { APP, releaseAction } from './support/builders.ts';
import { useLabs, type Lab } from './support/lab.ts';
import {
  ask,
  isHealthy,
  isPausedAt,
  isRolledBack,
  readyReason,
  serving,
  uidsOf,
} from './support/release-steps.ts';
import { writesOf } from './support/requests-of.ts';

const openLab = useLabs();

/* Sets made, scaled up and down, and the status of each of these: a dozen and some slack. */
const MOST_WRITES = 20;
const QUIET_MS = 5_000;

/* Stable had all its pods, the same ones, from `from` on. */
function untouched(lab: Lab, wanted: readonly string[], from: number): void {
  for (const frame of lab.world.podFrames.slice(from)) {
    const ready = frame.filter((pod) => pod.isReady && !pod.isTerminating).map((pod) => pod.uid);
    expect(wanted.filter((uid) => !ready.includes(uid))).toEqual([]);
  }
}

const failures: Record<string, { behaviour: Behaviour; reason: string; spec?: object }> = {
  'an image that does not exist': { behaviour: 'image-missing', reason: 'ImageUnavailable' },
  'a container that crashes again and again': {
    behaviour: 'crash-loop',
    reason: 'CrashLoop',
    spec: { startGraceSeconds: 2 },
  },
  'pods that never become ready': {
    behaviour: 'never-ready',
    reason: 'ProgressDeadlineExceeded',
    spec: { progressDeadlineSeconds: 2 },
  },
  'pods that flap': { behaviour: 'flap', reason: 'ReadinessFlapping' },
  'a Secret that does not exist': {
    behaviour: 'config-error',
    reason: 'ConfigError',
    spec: { startGraceSeconds: 2 },
  },
};

describe('a release is taken back by itself', () => {
  it.each(Object.entries(failures))('for %s', async (_name, { behaviour, reason, spec }) => {
    const lab = await openLab();
    // With room for a surge, stable keeps every pod while the candidate has not one that is ready.
    await serving(lab, {
      steps: [{ weight: 25 }, { pause: {} }],
      replicas: 4,
      ...(spec ? { spec } : {}),
    });
    const stable = uidsOf(lab, '1');
    const from = lab.world.podFrames.length;

    await ask(lab, { tag: '2', behaviour });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    await lab.eventually('stable whole', () => uidsOf(lab, '1').length === 4);
    expect(readyReason(lab)).toBe(reason);
    expect(lab.status()).toMatchObject({
      rollback: { reason, outcome: 'failed' },
      stable: { revision: 1 },
      candidate: { revision: 2 },
    });
    expect(lab.status().history?.[0]).toMatchObject({ revision: 2, outcome: 'RolledBack', reason });
    expect(lab.world.sets().map(({ image, desired }) => [image, desired])).toEqual([
      ['1', 4],
      ['2', 0],
    ]);
    if (behaviour !== 'flap') untouched(lab, stable, from);
  });

  it('S11: an image that does not exist costs no deadline and no hot loop of writes', async () => {
    const lab = await openLab();
    await serving(lab, { replicas: 2, spec: { progressDeadlineSeconds: 600 } });
    const before = writesOf(lab).length;
    await ask(lab, { tag: '2', behaviour: 'image-missing' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(readyReason(lab)).toBe('ImageUnavailable');
    const [entry] = lab.status().history ?? [];
    const seconds = Date.parse(entry?.finishedAt ?? '') - Date.parse(entry?.startedAt ?? '');
    expect(seconds / 1000).toBeLessThan(60);
    const ended = writesOf(lab).length;
    expect(ended - before).toBeLessThanOrEqual(MOST_WRITES);
    // The kubelet goes on trying, and each try changes the pods of a candidate that is not gone.
    await sleep(systemClock, { ms: QUIET_MS });
    expect(writesOf(lab).length - ended).toBeLessThanOrEqual(1);
  });

  it('for readiness that is lost after a step', async () => {
    const lab = await openLab();
    await serving(lab, { replicas: 2, spec: { startGraceSeconds: 1 } });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    const [candidate] = lab.world.pods().filter((pod) => pod.image === '2');
    // The kubelet says that the probe fails from now on.
    const conditions = [
      { type: 'Ready', status: 'False', lastTransitionTime: new Date().toISOString() },
    ];
    await lab.client.mergePatch(
      { type: POD, namespace: lab.namespace, name: candidate?.name ?? '' },
      { status: { conditions } },
      { subresource: 'status' },
    );
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(readyReason(lab)).toBe('ReadinessLost');
  });
});

describe('a failure that may pass', () => {
  it('passes when what was missing comes in time', async () => {
    const lab = await openLab();
    await serving(lab, { steps: [{ weight: 50 }], spec: { startGraceSeconds: 30 } });
    await ask(lab, { tag: '2', behaviour: 'config-error' });
    await lab.eventually('the grace', () => lab.status().grace?.reason === 'ConfigError');
    expect(lab.status().phase).toBe('Progressing');
    // The Secret is made: the kubelet starts the container.
    const unlabelled = { metadata: { labels: { [BEHAVIOUR_LABEL]: null } } };
    const heal = async () => {
      const ill = lab.world
        .list(POD)
        .filter(({ metadata }) => metadata.labels?.[BEHAVIOUR_LABEL] !== undefined);
      for (const { metadata } of ill) await lab.patch(POD, metadata.name ?? '', unlabelled);
      return isHealthy(lab, '2')();
    };
    await lab.eventually('version 2', heal);
    expect(lab.status().grace).toBeUndefined();
    expect(lab.status().history?.[0]).toMatchObject({ revision: 2, outcome: 'Promoted' });
  });
});

describe('a failed version', () => {
  async function failed(): Promise<Lab> {
    const lab = await openLab();
    await serving(lab, { steps: [{ weight: 50 }, { pause: { seconds: 0 } }] });
    await ask(lab, { tag: '2', behaviour: 'image-missing' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    return lab;
  }
  const podsOf = (lab: Lab, tag: string, from: number) =>
    lab.world.podFrames
      .slice(from)
      .flatMap((frame) => frame.filter((pod) => pod.image === tag && !pod.isTerminating));

  it('is not lifted by other steps, another size, a pause or a restart', async () => {
    const lab = await openLab();
    const first = await serving(lab);
    await ask(lab, { tag: '2', behaviour: 'image-missing' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    const from = lab.world.podFrames.length;
    const edits = [
      { replicas: 3 },
      { strategy: { canary: { steps: [{ weight: 10 }] } } },
      { paused: true },
      { paused: false },
    ];
    for (const spec of edits) {
      const { metadata } = await lab.patch(APP_RELEASE, APP, { spec });
      await lab.eventually(
        'the change to be seen',
        () => lab.status().observedGeneration === metadata.generation,
      );
    }
    await lab.patch(APP_RELEASE, APP, { metadata: { labels: { team: 'a' } } });
    await first.stop();
    await lab.startOperator();
    await lab.eventually('three pods of version 1', () => uidsOf(lab, '1').length === 3);
    expect(lab.status().phase).toBe('RolledBack');
    expect(podsOf(lab, '2', from)).toEqual([]);
    expect(lab.status().history?.filter(({ revision }) => revision === 2)).toHaveLength(1);
  });

  it('is tried again after another version was asked for in between', async () => {
    const lab = await failed();
    await ask(lab, { tag: '1' });
    await lab.eventually('version 1 wanted and served', isHealthy(lab, '1'));
    const from = lab.world.podFrames.length;
    await ask(lab, { tag: '2', behaviour: 'image-missing' });
    await lab.eventually('a pod of version 2', () => podsOf(lab, '2', from).length > 0);
    await lab.eventually(
      'the second rollback',
      () =>
        isRolledBack(lab, '1')() &&
        lab.status().history?.filter(({ outcome }) => outcome === 'RolledBack').length === 2,
    );
    // It is the same revision: no second set was made for it.
    expect(lab.world.sets()).toHaveLength(2);
  });

  it('gives way to the next version at once', async () => {
    const lab = await failed();
    await ask(lab, { tag: '3' });
    await lab.eventually('version 3', isHealthy(lab, '3'));
    expect(lab.status().stable?.revision).toBe(3);
  });

  it('is tried again by a retry that names it', async () => {
    const lab = await failed();
    const from = lab.world.podFrames.length;
    const wrong = releaseAction({ action: 'retry', revision: 1 });
    await lab.apply(wrong);
    const result = (name: string | undefined) =>
      record(lab.world.get(RELEASE_ACTION, name ?? '')?.['status'])['phase'];
    await lab.eventually('the wrong retry to end', () => result(wrong.metadata.name) === 'Expired');
    expect(podsOf(lab, '2', from)).toEqual([]);
    const right = releaseAction({ action: 'retry', revision: 2 });
    await lab.apply(right);
    await lab.eventually(
      'the retry to be applied',
      () => result(right.metadata.name) === 'Applied',
    );
    await lab.eventually('a pod of version 2', () => podsOf(lab, '2', from).length > 0);
    await lab.eventually(
      'the second rollback',
      () => isRolledBack(lab, '1')() && lab.status().history?.length === 3,
    );
  });
});
