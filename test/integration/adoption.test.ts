// Taking over a Deployment that serves users, and giving it back: the pods must not notice.
import { describe, expect, it } from '@jest/globals';
import { DEPLOYMENT, APP_RELEASE } from '../../operator/src/controller/resources.ts';
import { record } from '../../operator/src/lib/json.ts';
import { appRelease, APP, canary, deployment } from './support/builders.ts';
import { useLabs, type Lab } from './support/lab.ts';

const openLab = useLabs();

const STEPS = [{ weight: 50 }, { pause: {} }];

async function liveDeployment(lab: Lab, replicas?: number): Promise<readonly string[]> {
  await lab.apply(deployment({ tag: '1' }, replicas));
  const count = replicas ?? 1;
  await lab.eventually(
    'the Deployment to serve',
    () => lab.world.pods().filter((pod) => pod.isReady).length === count,
  );
  await lab.eventually(
    'the Deployment to be told',
    () => record(lab.world.get(DEPLOYMENT, APP)?.['status'])['updatedReplicas'] === count,
  );
  return uids(lab);
}

const uids = (lab: Lab): string[] =>
  lab.world
    .pods()
    .map((pod) => pod.uid)
    .toSorted();
const specOf = (lab: Lab) => record(lab.world.get(DEPLOYMENT, APP)?.['spec']);
const condition = (lab: Lab, name: string) =>
  lab.status().conditions?.find(({ type }) => type === name);
const healthy = (lab: Lab, revision: number) => () =>
  lab.status().phase === 'Healthy' && lab.status().stable?.revision === revision;

/* No moment in which one of these pods was not ready. */
function alwaysReady(lab: Lab, wanted: readonly string[], from: number): void {
  for (const frame of lab.world.podFrames.slice(from)) {
    const ready = new Set(
      frame.filter((pod) => pod.isReady && !pod.isTerminating).map((pod) => pod.uid),
    );
    expect(wanted.filter((uid) => !ready.has(uid))).toEqual([]);
  }
}

describe('adoption', () => {
  it('takes over running pods without touching them, and leaves a Deployment whose replicas git owns paused', async () => {
    const lab = await openLab();
    const before = await liveDeployment(lab, 3);
    const from = lab.world.podFrames.length;
    await lab.apply(appRelease(canary(STEPS)));
    await lab.startOperator();
    await lab.eventually('the adoption', healthy(lab, 1));

    expect(uids(lab)).toEqual(before);
    alwaysReady(lab, before, from);
    expect(lab.world.sets().map(({ desired }) => desired)).toEqual([3]);
    expect(specOf(lab)).toMatchObject({ paused: true, replicas: 3 });
    expect(condition(lab, 'Adopted')).toMatchObject({
      status: 'True',
      reason: 'ReplicasOwnedElsewhere',
    });
    expect(condition(lab, 'Adopted')?.message).toContain('kubectl-client-side-apply');
    // Git drops the field: then the Deployment goes on, with no pods.
    await lab.apply(deployment({ tag: '1' }));
    await lab.eventually(
      'the Deployment to go on with 0',
      () => specOf(lab)['paused'] !== true && specOf(lab)['replicas'] === 0,
    );
    expect(uids(lab)).toEqual(before);
  });

  it('sets a Deployment that names no replicas to 0 and lets it go on', async () => {
    const lab = await openLab();
    const before = await liveDeployment(lab);
    await lab.apply(appRelease(canary(STEPS)));
    await lab.startOperator();
    await lab.eventually(
      'the Deployment to go on with 0',
      () => specOf(lab)['paused'] !== true && specOf(lab)['replicas'] === 0,
    );
    await lab.eventually('the adoption', healthy(lab, 1));

    expect(uids(lab)).toEqual(before);
    expect(record(lab.world.get(APP_RELEASE, APP)?.['spec'])['replicas']).toBe(1);
    expect(condition(lab, 'Adopted')).toMatchObject({ status: 'True', reason: 'Adopted' });
  });

  it('waits for a Deployment in the middle of its own rollout', async () => {
    const lab = await openLab();
    await lab.apply(deployment({ tag: '1', behaviour: 'never-ready' }, 2));
    await lab.eventually('its pods', () => lab.world.pods().length === 2);
    await lab.apply(deployment({ tag: '2', behaviour: 'never-ready' }, 2));
    await lab.eventually('the second set', () => lab.world.foreignSets().length === 2);
    await lab.apply(appRelease(canary(STEPS)));
    await lab.startOperator();
    await lab.eventually('the condition', () => lab.status().phase === 'Blocked');
    expect(condition(lab, 'Ready')).toMatchObject({ reason: 'WorkloadBusy' });
    expect(lab.world.sets()).toEqual([]);
    // The rollout ends: the adoption goes on by itself.
    await lab.apply(deployment({ tag: '3' }, 2));
    await lab.eventually('the adoption', () => lab.status().phase === 'Healthy');
    expect(
      lab.world
        .pods()
        .filter((pod) => pod.isReady)
        .map((pod) => pod.image),
    ).toEqual(['3', '3']);
  });
});

describe('hand-back', () => {
  it('gives the same pods back, and the Deployment scales them', async () => {
    const lab = await openLab();
    const before = await liveDeployment(lab);
    await lab.apply(appRelease(canary(STEPS)));
    await lab.startOperator();
    await lab.eventually('the adoption', healthy(lab, 1));
    await lab.eventually(
      'the Deployment to go on with 0',
      () => specOf(lab)['paused'] !== true && specOf(lab)['replicas'] === 0,
    );
    await lab.eventually('its own empty set', () => lab.world.foreignSets().length === 1);

    const from = lab.world.podFrames.length;
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually(
      'the AppRelease to go',
      () => lab.world.get(APP_RELEASE, APP) === undefined,
    );
    await lab.eventually('the Deployment to go on', () => specOf(lab)['paused'] !== true);
    expect(uids(lab)).toEqual(before);
    alwaysReady(lab, before, from);
    await lab.eventually(
      'one set, of the Deployment',
      () => lab.world.foreignSets().length === 1 && lab.world.sets().length === 0,
    );

    await lab.kubectl(['scale', 'deployment', APP, '--replicas=3']);
    await lab.eventually(
      'three pods',
      () => lab.world.pods().filter((pod) => pod.isReady).length === 3,
    );
    expect(uids(lab)).toEqual(expect.arrayContaining([...before]));
    expect(lab.world.foreignSets()).toHaveLength(1);
  });

  it('after releases gives back the version that serves, and the Deployment keeps it', async () => {
    const lab = await openLab();
    await liveDeployment(lab, 2);
    await lab.apply(appRelease(canary([{ weight: 50 }], { replicas: 2 })));
    await lab.startOperator();
    await lab.eventually('the adoption', healthy(lab, 1));
    await lab.apply(deployment({ tag: '2' }, 2));
    await lab.eventually('version 2', healthy(lab, 2));
    await lab.eventually('the old pods to go', () => lab.world.pods().length === 2);
    const before = uids(lab);

    await lab.remove(APP_RELEASE, APP);
    await lab.eventually(
      'the AppRelease to go',
      () => lab.world.get(APP_RELEASE, APP) === undefined,
    );
    await lab.eventually('the Deployment to go on', () => specOf(lab)['paused'] !== true);
    await lab.kubectl(['rollout', 'status', `deployment/${APP}`, '--timeout=20s']);
    expect(uids(lab)).toEqual(before);
  });

  it('in the middle of a release takes it back first and leaves the Deployment paused, with the reason', async () => {
    const lab = await openLab();
    const before = await liveDeployment(lab, 2);
    await lab.apply(appRelease(canary(STEPS, { replicas: 2 })));
    await lab.startOperator();
    await lab.eventually('the adoption', healthy(lab, 1));
    await lab.apply(deployment({ tag: '2' }, 2));
    await lab.eventually(
      'the pause at 50 %',
      () => lab.status().phase === 'Paused' && lab.status().weight?.observed === 50,
    );

    const from = lab.world.podFrames.length;
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually(
      'the AppRelease to go',
      () => lab.world.get(APP_RELEASE, APP) === undefined,
    );
    await lab.eventually(
      'version 1 alone',
      () =>
        lab.world.pods().length === 2 &&
        lab.world.pods().every((pod) => pod.image === '1' && pod.isReady),
    );
    expect(uids(lab).filter((uid) => before.includes(uid)).length).toBeGreaterThanOrEqual(1);
    expect(specOf(lab)['paused']).toBe(true);
    expect(
      lab.world.get(DEPLOYMENT, APP)?.metadata.annotations?.['slipway.dev/hand-back'],
    ).toContain('left paused: revision 1 serves');
    for (const frame of lab.world.podFrames.slice(from)) {
      expect(
        frame.filter((pod) => pod.isReady && !pod.isTerminating).length,
      ).toBeGreaterThanOrEqual(2);
    }
    // A person corrects the template and unpauses: nothing restarts.
    const serving = uids(lab);
    await lab.apply(deployment({ tag: '1' }, 2));
    await lab.patch(DEPLOYMENT, APP, { spec: { paused: null } });
    await lab.kubectl(['rollout', 'status', `deployment/${APP}`, '--timeout=20s']);
    expect(uids(lab)).toEqual(serving);
  });

  it('with deletionPolicy Delete removes the pods', async () => {
    const lab = await openLab();
    await liveDeployment(lab);
    await lab.apply(appRelease(canary(STEPS, { deletionPolicy: 'Delete' })));
    await lab.startOperator();
    await lab.eventually(
      'the Deployment to go on with 0',
      () => specOf(lab)['paused'] !== true && specOf(lab)['replicas'] === 0,
    );
    await lab.eventually('the adoption', healthy(lab, 1));
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually('the pods to go', () => lab.world.pods().length === 0);
    expect(lab.world.get(DEPLOYMENT, APP)).toBeDefined();
    await lab.eventually('the sets to go', () => lab.world.sets().length === 0);
  });
});
