// One commit for three regions, which follow one another through an ApplicationSet: each waits for
// the release of the one before it, and a bad version never leaves the first.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { regions } from '../../../charts-ts/src/gitops/applications.ts';
import { forArgoCd } from '../../../charts-ts/src/gitops/argo-annotations.ts';
import { DESTINATIONS, GIT } from '../../../charts-ts/src/gitops/git-source.ts';
import { placed } from '../../../charts-ts/src/gitops/placed-environment.ts';
import { project } from '../../../charts-ts/src/gitops/project.ts';
import { asManifest, type Manifest } from '../../../charts-ts/src/manifest.ts';
import {
  APP, appRelease, canary, deployment, service, type Version,
} from '../../integration/support/builders.ts';
import { useLabs, type Lab } from '../../integration/support/lab.ts';
import { isHealthy, isRolledBack } from '../../integration/support/release-steps.ts';
import { sharedTier } from '../../integration/support/tier.ts';
import { look, tell, until } from './application-state.ts';
import { NAMESPACE, startArgoCd, type ArgoCd } from './argo-cd.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';

const openLab = useLabs();
const REGIONS = ['staging', 'prod-eu', 'prod-us'] as const;
type Region = (typeof REGIONS)[number];
type Labs = Readonly<Record<Region, Lab>>;

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

function manifests(lab: Lab, version: Version): Manifest[] {
  const spec = canary([{ weight: 50 }, { pause: { seconds: 3 } }], { replicas: 2 });
  const objects = [service({ selector: { app: APP } }), deployment(version, 0), appRelease(spec)].map(
    (object) => asManifest({ ...object, metadata: { ...object.metadata, namespace: lab.namespace } }),
  );
  return forArgoCd([{ objects }]).flatMap((file) => [...file.objects]);
}

const applicationOf = (region: Region): string => `bank-${region}`;

async function commit(labs: Labs, version: Version): Promise<void> {
  for (const region of REGIONS) {
    await git.commit(`deploy/${region}`, manifests(labs[region], version), `${region}: ${version.tag}`);
  }
}

const tellAll = () => Promise.all(REGIONS.map((region) => tell(argo, applicationOf(region))));

/* The shipped project and ApplicationSet; all regions are this one cluster. */
async function register(labs: Labs): Promise<void> {
  const environments = REGIONS.map((region) => placed(region, manifests(labs[region], { tag: '1' })));
  let text = JSON.stringify([project(environments), ...regions(environments)]);
  text = text.replaceAll(GIT.repository, git.url);
  for (const region of REGIONS) {
    text = text.replaceAll(DESTINATIONS[region]?.cluster ?? '', 'https://kubernetes.default.svc');
  }
  await argo.apply(JSON.parse(text) as object[]);
  labs.staging.onEnd(async () => {
    await argo.kubectl(['-n', NAMESPACE, 'delete', 'applicationset', '--all']);
  });
}

async function everywhere(labs: Labs, tag: string): Promise<void> {
  for (const region of REGIONS) {
    await labs[region].eventually(`version ${tag} in ${region}`, isHealthy(labs[region], tag));
    await until(argo, {
      what: `${region} Healthy in Argo CD`,
      application: applicationOf(region),
      check: ({ health, sync }) => health === 'Healthy' && sync === 'Synced',
    });
  }
}

describe('regions in waves', () => {
  it('release one after the other, and stop where a version is taken back', async () => {
    const labs: Labs = { staging: await openLab(), 'prod-eu': await openLab(), 'prod-us': await openLab() };
    for (const region of REGIONS) await labs[region].startOperator();
    await commit(labs, { tag: '1' });
    await register(labs);
    await everywhere(labs, '1');

    const order: string[] = [];
    const watching = setInterval(() => {
      for (const region of REGIONS) {
        const { candidate, phase, stable } = labs[region].status();
        const begun = `${region} begins`;
        const done = `${region} is done`;
        const isTwo = (images?: readonly string[]) => images?.[0]?.endsWith(':2') === true;
        if (isTwo(candidate?.images) && !order.includes(begun)) order.push(begun);
        if (phase === 'Healthy' && isTwo(stable?.images) && !order.includes(done)) order.push(done);
      }
    }, 20);
    await commit(labs, { tag: '2' });
    await tellAll();
    await everywhere(labs, '2').finally(() => clearInterval(watching));
    expect(order).toEqual(REGIONS.flatMap((region) => [`${region} begins`, `${region} is done`]));

    const before = (['prod-eu', 'prod-us'] as const).map((region) => labs[region].world.sets());
    await commit(labs, { tag: '3', behaviour: 'image-missing' });
    await tellAll();
    await labs.staging.eventually('the rollback', isRolledBack(labs.staging, '2'));
    await until(argo, {
      what: 'staging Degraded',
      application: applicationOf('staging'),
      check: ({ health }) => health === 'Degraded',
    });
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect((['prod-eu', 'prod-us'] as const).map((region) => labs[region].world.sets())).toEqual(before);
    for (const region of ['prod-eu', 'prod-us'] as const) {
      expect(await look(argo, applicationOf(region))).toMatchObject({ health: 'Healthy', sync: 'OutOfSync' });
    }
  });
});
