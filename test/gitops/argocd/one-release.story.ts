// Commit, sync, release, a second sync in mid-release, promote by an action, a bad version, rollback,
// health Degraded with the reason, revert: with Argo CD itself on a real API server.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actionsAccess } from '../../../charts-ts/src/gitops/actions-access.ts';
import { applications } from '../../../charts-ts/src/gitops/applications.ts';
import { forArgoCd } from '../../../charts-ts/src/gitops/argo-annotations.ts';
import { GIT } from '../../../charts-ts/src/gitops/git-source.ts';
import { placed } from '../../../charts-ts/src/gitops/placed-environment.ts';
import { project } from '../../../charts-ts/src/gitops/project.ts';
import { asManifest, type Manifest } from '../../../charts-ts/src/manifest.ts';
import { HTTP_ROUTE } from '../../../operator/src/controller/resources.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import {
  APP, appRelease, canary, configMap, deployment, gitRoute, service, type Version,
} from '../../integration/support/builders.ts';
import { startGateway } from '../../integration/support/gateway.ts';
import { useLabs, type Lab } from '../../integration/support/lab.ts';
import { isHealthy, isPausedAt, isRolledBack, uidsOf } from '../../integration/support/release-steps.ts';
import { sharedTier } from '../../integration/support/tier.ts';
import * as state from './application-state.ts';
import { NAMESPACE, startArgoCd, type ArgoCd } from './argo-cd.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';

const openLab = useLabs();
const ENVIRONMENT = 'dev';
const APPLICATION = 'bank-dev';
const WEIGHT = 25;

let argo: ArgoCd;
let git: GitRepository;
beforeAll(async () => {
  argo = await startArgoCd(sharedTier());
  git = await createGitRepository();
});
afterAll(async () => {
  git?.remove();
  await argo?.stop();
});

/* What git has of the app at that version, as charts-ts would render it. */
function manifests(lab: Lab, version: Version): Manifest[] {
  const gateway = { routeRef: { name: 'shop', rule: 'main' } };
  const traffic = { service: APP, gateway, settleSeconds: 0 };
  const objects: RawObject[] = [
    configMap('settings', { tag: version.tag }),
    service(),
    deployment({ ...version, configMaps: ['settings'] }, 0),
    gitRoute(),
    appRelease(canary([{ weight: WEIGHT }, { pause: {} }], { replicas: 4, traffic })),
  ];
  const placedObjects = objects.map((object) =>
    asManifest({ ...object, metadata: { ...object.metadata, namespace: lab.namespace } }),
  );
  return forArgoCd([{ objects: placedObjects }]).flatMap((file) => [...file.objects]);
}

const look = () => state.look(argo, APPLICATION);
const tell = () => state.tell(argo, APPLICATION);
const until = (what: string, check: (seen: state.Seen) => boolean) =>
  state.until(argo, { what, application: APPLICATION, check });

async function commit(lab: Lab, version: Version): Promise<string> {
  const message = `version ${version.tag}`;
  const hash = await git.commit(`deploy/${ENVIRONMENT}`, manifests(lab, version), message);
  const known = await argo.kubectl(['-n', NAMESPACE, 'get', 'applications', '-o', 'name']);
  if (known.includes(APPLICATION)) await tell();
  return hash;
}

/* The shipped project, rights and Application, with this repository in place of the example's. */
async function register(lab: Lab): Promise<void> {
  const environment = placed(ENVIRONMENT, manifests(lab, { tag: '1' }));
  const objects = [project([environment]), ...actionsAccess([environment]), ...applications([environment])];
  await argo.apply(JSON.parse(JSON.stringify(objects).replaceAll(GIT.repository, git.url)) as object[]);
  lab.onEnd(async () => {
    await argo.kubectl(['-n', NAMESPACE, 'delete', 'application', APPLICATION, '--ignore-not-found']);
  });
}

const query = (lab: Lab) =>
  new URLSearchParams({
    namespace: lab.namespace, resourceName: APP, group: 'slipway.dev', kind: 'AppRelease', version: 'v1alpha1',
  });

async function offered(lab: Lab): Promise<unknown[]> {
  const path = `/api/v1/applications/${APPLICATION}/resource/actions?${query(lab).toString()}`;
  const { actions } = record(await argo.request(path));
  return list(actions).map((action) => record(action)['name']).toSorted();
}

async function act(lab: Lab, action: string): Promise<void> {
  await argo.request(`/api/v1/applications/${APPLICATION}/resource/actions/v2`, {
    ...Object.fromEntries(query(lab)),
    action,
    resourceActionParameters: [{ name: 'reason', value: 'shown in the story' }],
  });
}

const since = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

describe('Argo CD and Slipway', () => {
  it('tell one story from a commit to a release, a rollback and its revert', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.startOperator();

    await commit(lab, { tag: '1' });
    await register(lab);
    await until('version 1', ({ health, sync }) => health === 'Healthy' && sync === 'Synced');
    expect(isHealthy(lab, '1')()).toBe(true);

    let from = performance.now();
    const second = await commit(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, WEIGHT));
    const paused = await until('the pause in Argo CD', ({ health }) => health === 'Suspended');
    expect(paused).toMatchObject({ revision: second, sync: 'Synced' });
    expect(paused.release).toMatchObject({ status: 'Suspended' });
    expect(paused.release['message']).toContain('PauseStep: step 2/2 pause at 25 %');
    say(`commit -> ${WEIGHT} % and Suspended in Argo CD: ${since(from)}`);

    // Somebody presses Sync, twice: the weights that git has are not applied.
    const frames = lab.world.weights.length;
    for (const name of ['first', 'second']) {
      const before = (await look()).syncs;
      await argo.request(`/api/v1/applications/${APPLICATION}/sync`, { revision: 'main', prune: true });
      await until(`the ${name} sync`, ({ operation, syncs }) => operation === 'Succeeded' && syncs > before);
    }
    expect(lab.world.weights.slice(frames).filter(([weight]) => weight !== WEIGHT)).toEqual([]);
    expect((await look()).sync).toBe('Synced');

    expect(await offered(lab)).toEqual(['abort', 'pause', 'promote']);
    await act(lab, 'promote');
    await lab.eventually('version 2', isHealthy(lab, '2'));
    await until('version 2 in Argo CD', ({ health }) => health === 'Healthy');
    expect(lab.status().actions?.at(-1)).toMatchObject({ action: 'promote', phase: 'Applied' });
    expect(lab.status().actions?.at(-1)?.by).toContain(`in ${APPLICATION}:slipway.dev/AppRelease`);

    const pods = uidsOf(lab, '2');
    from = performance.now();
    const third = await commit(lab, { tag: '3', behaviour: 'image-missing' });
    await lab.eventually('the rollback', isRolledBack(lab, '2'));
    const back = await until('Degraded in Argo CD', ({ health }) => health === 'Degraded');
    say(`commit of a bad version -> Degraded in Argo CD: ${since(from)}: ${String(back.release['message'])}`);
    expect(back).toMatchObject({ revision: third, sync: 'Synced' });
    expect(back.release['message']).toMatch(/^ImageUnavailable: .+/);
    expect(await offered(lab)).toEqual(['retry']);
    // Degraded starts no sync of its own, and git still says 3.
    const { syncs } = back;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect((await look()).syncs).toBe(syncs);
    expect(uidsOf(lab, '2')).toEqual(pods);

    from = performance.now();
    const reverted = await git.revert();
    await tell();
    const healthy = await until(
      'the revert',
      ({ health, revision }) => health === 'Healthy' && revision === reverted,
    );
    say(`revert in git -> Healthy in Argo CD: ${since(from)}`);
    expect(healthy.sync).toBe('Synced');
    // The cluster was there already: no pod was started or stopped.
    expect(uidsOf(lab, '2')).toEqual(pods);
    expect(lab.world.get(HTTP_ROUTE, 'shop')?.['spec']).toMatchObject(record(gitRoute()['spec']));
  });

  it('keep the rules of the cluster while weights in them are ignored: the price the guide names', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.startOperator();
    await commit(lab, { tag: '1' });
    await register(lab);
    await until('version 1', ({ health, sync }) => health === 'Healthy' && sync === 'Synced');
    const path = () => JSON.stringify(record(lab.world.get(HTTP_ROUTE, 'shop')?.['spec'])['rules']);
    const moved = manifests(lab, { tag: '1' }).map(
      (object) => JSON.parse(JSON.stringify(object).replace('"/other"', '"/elsewhere"')) as object,
    );
    const hash = await git.commit(`deploy/${ENVIRONMENT}`, moved, 'another path');
    const { syncs } = await look();
    await tell();
    await until('the sync', (seen) => seen.revision === hash && seen.syncs > syncs);
    await tell();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(path()).toContain('"/other"');
    expect(await look()).toMatchObject({ sync: 'OutOfSync', revision: hash });
  });
});
