// Operators that die, freeze, forget and hand over: a release ends as if nothing had happened.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, HTTP_ROUTE, SERVICE } from '../../operator/src/controller/resources.ts';
import { LEASE_TYPE } from '../../operator/src/kube/lease.ts';
import { list, number, record } from '../../operator/src/lib/json.ts';
import {
  APP,
  appRelease,
  canary,
  deployment,
  releaseAction,
  ROUTE_SPEC,
  service,
} from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { mortalTransport } from './support/mortal-transport.ts';
import { startOperatorProcess } from './support/operator-process.ts';
import {
  ask,
  isHealthy,
  isPausedAt,
  isRolledBack,
  readyReason,
  serving,
  uidsOf,
} from './support/release-steps.ts';
import { connectTo } from './support/tier.ts';
import { watchUsers } from './support/users.ts';

const openLab = useLabs();

const TRAFFIC = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
const LIVES_MAX = 60;

/* What stands in the cluster when all is over, without names and times that differ between runs. */
function ending(lab: Lab) {
  const { phase, stage, stable, weight, history } = lab.status();
  const selector = (name: string) =>
    record(record(lab.world.get(SERVICE, name)?.['spec'])['selector'])['pod-template-hash'];
  return {
    phase,
    stage,
    weight: weight?.observed,
    stable: stable?.revision,
    history: history?.map(({ revision, outcome, reason }) => [revision, outcome, reason]),
    sets: lab.world
      .sets()
      .map(({ image, desired, annotations }) => [
        image,
        desired,
        annotations['slipway.dev/outcome'],
      ]),
    pods: lab.world.pods().map(({ image, isReady }) => [image, isReady]),
    route: list(record(lab.world.get(HTTP_ROUTE, APP)?.['spec'])['rules'])
      .flatMap((rule) => list(record(rule)['backendRefs']))
      .map(record)
      .map((ref) => [ref['name'], ref['weight']]),
    services: [`${APP}-stable`, `${APP}-canary`, APP].map(
      (name) => selector(name) === stable?.podTemplateHash,
    ),
  };
}

async function patchStatus(lab: Lab, status: object | null): Promise<void> {
  const ref = { type: APP_RELEASE, namespace: lab.namespace, name: APP };
  await lab.client.mergePatch(ref, { status }, { subresource: 'status' });
}

/* As if the time of a dead leader's Lease had passed. */
async function expireLease(lab: Lab): Promise<void> {
  const ref = { type: LEASE_TYPE, namespace: lab.namespace, name: 'slipway-slipway' };
  await lab.client.mergePatch(ref, { spec: { holderIdentity: '' } });
}

/**
 * One operator after the other until `isOver`, killed after one write, then two, then three, and so
 * on again: so that one dies between any two writes, and yet some get to say what they did.
 */
async function shortLives(lab: Lab, isOver: () => boolean): Promise<number> {
  for (let life = 1; life <= LIVES_MAX; life += 1) {
    const mortal = mortalTransport(
      connectTo(lab.tier, `slipway-test-life-${life}`),
      1 + ((life - 1) % 3),
    );
    const operator = await lab.startOperator({ transport: mortal.transport });
    await lab.eventually(`the end of life ${life}`, () => mortal.isDead() || isOver());
    await operator.stop();
    if (isOver()) return life;
    await expireLease(lab);
  }
  throw new Error(`not over after ${LIVES_MAX} lives: ${JSON.stringify(ending(lab))}`);
}

const RELEASES = {
  'a good version': { version: { tag: '2' }, isOver: (lab: Lab) => isHealthy(lab, '2') },
  'a version that is taken back': {
    version: { tag: '2', behaviour: 'image-missing' as const },
    isOver: (lab: Lab) => isRolledBack(lab, '1'),
  },
};

describe('an operator that is killed again and again, right after a write', () => {
  it.each(Object.entries(RELEASES))(
    'ends the release of %s as one that lives',
    async (_name, { version, isOver }) => {
      const prepare = async () => {
        const lab = await openLab();
        startGateway(lab);
        await lab.apply(service());
        const steps = [{ weight: 20 }, { pause: { seconds: 0 } }, { weight: 50 }];
        const first = await serving(lab, { steps, spec: { traffic: TRAFFIC } });
        return { lab, first };
      };
      const undisturbed = await prepare();
      await ask(undisturbed.lab, version);
      const isQuiet = () => isOver(undisturbed.lab)() && undisturbed.lab.world.pods().length === 2;
      await undisturbed.lab.eventually('the end', isQuiet);
      await undisturbed.first.stop();

      const { lab, first } = await prepare();
      await first.stop();
      const users = watchUsers(lab);
      await ask(lab, version);
      const lives = await shortLives(lab, isOver(lab));
      await lab.startOperator();
      const wanted = JSON.stringify(ending(undisturbed.lab));
      await lab.eventually(`this: ${wanted}`, () => JSON.stringify(ending(lab)) === wanted);
      expect(users.unanswered()).toEqual([]);
      expect(lives).toBeGreaterThan(1);
    },
  );

  it('takes a Deployment over without touching its pods', async () => {
    const lab = await openLab();
    await lab.apply(deployment({ tag: '1' }));
    await lab.eventually(
      'the Deployment to serve',
      () => lab.world.pods().filter((pod) => pod.isReady).length === 1,
    );
    const before = uidsOf(lab, '1');
    await lab.apply(appRelease(canary([])));
    await shortLives(lab, isHealthy(lab, '1'));
    expect(uidsOf(lab, '1')).toEqual(before);
    await lab.remove(APP_RELEASE, APP);
    await shortLives(lab, () => lab.world.get(APP_RELEASE, APP) === undefined);
    expect(uidsOf(lab, '1')).toEqual(before);
    expect(lab.world.foreignSets().filter(({ desired }) => desired === 1)).toHaveLength(1);
  });
});

describe('a status that is lost', () => {
  const wipe = (lab: Lab) => patchStatus(lab, null);

  it.each(['pods', 'route'])(
    'at every step of a release by %s is rebuilt, and the release ends as it would have',
    async (by) => {
      const lab = await openLab();
      startGateway(lab);
      await lab.apply(service());
      const pause = { seconds: 1 };
      const steps = [{ weight: 25 }, { pause }, { weight: 50 }, { pause }, { weight: 75 }];
      await serving(lab, { steps, replicas: 4, spec: by === 'route' ? { traffic: TRAFFIC } : {} });
      const users = watchUsers(lab);
      const from = lab.world.podFrames.length;
      await ask(lab, { tag: '2' });
      const wipedAt = new Set<string>();
      await lab.eventually('version 2', async () => {
        const { stage, step } = lab.status();
        const place = `${stage}/${step?.index}`;
        if (stage && (stage === 'Stepping' || stage === 'Promoting') && !wipedAt.has(place)) {
          wipedAt.add(place);
          await wipe(lab);
        }
        return isHealthy(lab, '2')();
      });
      expect(wipedAt.size).toBeGreaterThanOrEqual(3);
      await lab.eventually('the old pods to go', () => lab.world.pods().length === 4);
      expect(ending(lab).sets).toEqual([
        ['1', 0, 'superseded'],
        ['2', 4, 'stable'],
      ]);
      expect(users.unanswered()).toEqual([]);
      for (const frame of lab.world.podFrames.slice(from)) {
        expect(
          frame.filter((pod) => pod.isReady && !pod.isTerminating).length,
        ).toBeGreaterThanOrEqual(4);
      }
    },
  );

  it('does not lift the refusal of a failed version, nor a pause that waits for a person', async () => {
    const lab = await openLab();
    await serving(lab);
    await ask(lab, { tag: '2', behaviour: 'image-missing' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    const from = lab.world.podFrames.length;
    await wipe(lab);
    await lab.eventually('the status to be rebuilt', isRolledBack(lab, '1'));
    expect(
      lab.world.podFrames
        .slice(from)
        .flat()
        .filter((pod) => pod.image === '2'),
    ).toEqual([]);

    await ask(lab, { tag: '3' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    await wipe(lab);
    await lab.eventually('the pause again', isPausedAt(lab, 50));
    expect(uidsOf(lab, '3')).toHaveLength(1);
    expect(lab.status()).toMatchObject({ stable: { revision: 1 }, candidate: { revision: 3 } });
  });
});

describe('two operators', () => {
  it('hand over when one is stopped, and nothing is repeated', async () => {
    const lab = await openLab();
    const first = await serving(lab);
    const second = await lab.startOperator();
    expect([first.operator.isLeader(), second.operator.isLeader()]).toEqual([true, false]);
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    const stoppedAt = Date.now();
    await first.stop();
    await lab.eventually('the second to lead', () => second.operator.isLeader());
    // Far below the 15 s for which a Lease is promised: it was given back.
    expect(Date.now() - stoppedAt).toBeLessThan(10_000);
    await lab.apply(releaseAction({ action: 'promote', revision: 2 }));
    await lab.eventually('version 2', isHealthy(lab, '2'));
    expect(lab.world.sets()).toHaveLength(2);
    const epochs = lab.world.statuses.map(({ status }) => status.controllerEpoch ?? 0);
    expect(epochs.at(-1)).toBeGreaterThan(Math.min(...epochs.filter((epoch) => epoch > 0)));
  });

  it('as processes: a leader that is frozen and thaws changes nothing and ends', async () => {
    const lab = await openLab();
    const first = await startOperatorProcess(lab);
    await lab.apply(deployment({ tag: '1' }, 0));
    await lab.apply(appRelease(canary([{ weight: 50 }, { pause: {} }], { replicas: 2 })));
    await lab.eventually('version 1', isHealthy(lab, '1'));
    const second = await startOperatorProcess(lab);
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    const epoch = lab.status().controllerEpoch ?? 0;

    first.freeze();
    await lab.apply(releaseAction({ action: 'abort', revision: 2 }));
    await lab.eventually('the second to take over and roll back', isRolledBack(lab, '1'));
    expect(lab.status().controllerEpoch).toBeGreaterThan(epoch);
    // Stable's second pod comes back by itself: only what moves after that is the first one's doing.
    await lab.eventually('the pods to settle', () => {
      const pods = lab.world.pods();
      return pods.length === 2 && pods.every((pod) => pod.isReady);
    });
    const settled = JSON.stringify(ending(lab));
    const frames = lab.world.podFrames.length;
    first.thaw();
    await lab.eventually('the first to end', () => first.exitCode() === 1);
    expect(JSON.stringify(ending(lab))).toBe(settled);
    expect(lab.world.podFrames).toHaveLength(frames);
    await second.stop();
    expect(second.exitCode()).toBe(0);
  });

  const writeEpoch = (lab: Lab, controllerEpoch: number) => patchStatus(lab, { controllerEpoch });

  it('stops when a newer leader has written the status', async () => {
    const lab = await openLab();
    const operator = await serving(lab);
    const next = (number(lab.status().controllerEpoch) ?? 0) + 1;
    const lease = { type: LEASE_TYPE, namespace: lab.namespace, name: 'slipway-slipway' };
    await lab.client.mergePatch(lease, {
      spec: { holderIdentity: 'another', leaseTransitions: next },
    });
    await writeEpoch(lab, next);
    await lab.eventually('the operator to give up', () => operator.lostBecause() !== undefined);
    expect(readyReason(lab)).toBe('UpToDate');
  });

  it('goes on when the newer epoch in the status is of nobody, and writes its own', async () => {
    const lab = await openLab();
    const operator = await serving(lab);
    const epoch = lab.status().controllerEpoch ?? 0;
    await writeEpoch(lab, epoch + 1000);
    await lab.eventually('its own epoch', () => lab.status().controllerEpoch === epoch);
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', () => lab.status().phase === 'Paused');
    expect(operator.lostBecause()).toBeUndefined();
  });
});

describe('an operator process that is killed at any moment', () => {
  it('leaves a release that the next one ends', async () => {
    const lab = await openLab();
    await lab.apply(deployment({ tag: '1' }, 0));
    await lab.apply(
      appRelease(canary([{ weight: 25 }, { weight: 50 }, { weight: 75 }], { replicas: 4 })),
    );
    const first = await startOperatorProcess(lab);
    await lab.eventually('version 1', isHealthy(lab, '1'));
    const from = lab.world.podFrames.length;
    await ask(lab, { tag: '2' });
    await lab.eventually('the first pod of version 2', () => uidsOf(lab, '2').length > 0);
    first.kill();
    await expireLease(lab);
    await startOperatorProcess(lab);
    await lab.eventually('version 2', isHealthy(lab, '2'));
    expect(ending(lab).history).toEqual([
      [2, 'Promoted', 'Promoted'],
      [1, 'Promoted', 'FirstRelease'],
    ]);
    for (const frame of lab.world.podFrames.slice(from)) {
      expect(
        frame.filter((pod) => pod.isReady && !pod.isTerminating).length,
      ).toBeGreaterThanOrEqual(4);
    }
  });
});
