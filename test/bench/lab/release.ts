// One release under observation: changed, watched, waited for.
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import type { AppReleaseStatus } from '../../../operator/src/api/app-release-status.ts';
import {
  APP_RELEASE,
  DEPLOYMENT,
  HTTP_ROUTE,
  REPLICA_SET,
  SERVICE,
} from '../../../operator/src/controller/resources.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { list, number, record } from '../../../operator/src/lib/json.ts';
import { answerRoutes } from './fake-gateway.ts';
import type { Site } from './lab.ts';
import {
  appRelease,
  deployment,
  gatewayTraffic,
  type Place,
  service,
  toVersion,
} from './objects.ts';
import type { Sightings } from './sightings.ts';

export type ReleaseOptions = {
  readonly steps: Parameters<typeof appRelease>[1];
  readonly replicas: number;
  /** Split by an HTTPRoute; otherwise by share of pods. */
  readonly gateway?: { readonly settleSeconds: number };
  readonly checks?: AppReleaseSpecInput['checks'];
};

export type ReleaseUnderTest = {
  readonly place: Place;
  readonly releases: Sightings;
  readonly sets: Sightings;
  readonly deployments: Sightings;
  /** HTTPRoutes of the namespace. */
  readonly routes: Sightings;
  /** Resolves when the first version serves everything. */
  ready(): Promise<void>;
  /** Asks for the next version; its revision is returned. */
  change(): Promise<number>;
  status(): AppReleaseStatus;
  untilStatus(what: string, check: (status: AppReleaseStatus) => boolean): Promise<void>;
  untilPromoted(revision: number): Promise<void>;
};

/** Makes the objects of a release, and a gateway for it. Start an operator to see it served. */
export const createRelease = async (
  site: Site,
  options: ReleaseOptions,
): Promise<ReleaseUnderTest> => {
  const { client, namespace } = site;
  const place = { namespace, name: 'app' };
  const [releases, sets, deployments, routes] = (await Promise.all(
    [APP_RELEASE, REPLICA_SET, DEPLOYMENT, HTTP_ROUTE].map((type) => site.watch(type)),
  )) as [Sightings, Sightings, Sightings, Sightings];
  const { checks, gateway, replicas, steps } = options;
  if (gateway) {
    site.onEnd(answerRoutes(client, routes));
    await client.create(SERVICE, service(place));
  }
  await client.create(DEPLOYMENT, deployment(place));
  await client.create(
    APP_RELEASE,
    appRelease(place, steps, {
      replicas,
      ...(gateway ? { traffic: gatewayTraffic(place.name, gateway.settleSeconds) } : {}),
      ...(checks ? { checks } : {}),
    }),
  );
  let version = 1;
  const untilStatus = async (
    what: string,
    check: (status: AppReleaseStatus) => boolean,
  ): Promise<void> => {
    await releases.until(what, (raw) => check(statusOf(raw)));
  };
  return {
    place,
    releases,
    sets,
    deployments,
    routes,
    untilStatus,
    status: () => statusOf(releases.list()[0]),
    ready: () => untilStatus('the first version to serve', isPromoted(1)),
    async change() {
      version += 1;
      await client.jsonPatch({ type: DEPLOYMENT, ...place }, toVersion(version), {
        fieldManager: 'git',
      });
      return version;
    },
    untilPromoted: (revision) =>
      untilStatus(`revision ${revision} to be promoted`, isPromoted(revision)),
  };
};

const isPromoted =
  (revision: number) =>
  ({ phase, stable }: AppReleaseStatus): boolean =>
    phase === 'Healthy' && stable?.revision === revision;

// What the operator wrote under the schema of the CRD.
export const statusOf = (raw: RawObject | undefined): AppReleaseStatus =>
  record(raw?.['status']) as AppReleaseStatus;

export const desiredOf = ({ spec }: RawObject): number => number(record(spec)['replicas']) ?? 1;

export const revisionOf = ({ metadata }: RawObject): number =>
  Number(metadata.annotations?.['slipway.dev/revision'] ?? 0);

/** Weight of the canary in an HTTPRoute of one rule; 0 without one. */
export const canaryWeightOf = ({ spec }: RawObject): number => {
  const refs = list(record(spec)['rules'])
    .flatMap((rule) => list(record(rule)['backendRefs']))
    .map(record);
  return number(refs.find((ref) => String(ref['name']).endsWith('-canary'))?.['weight']) ?? 0;
};

export const isReadyPod = ({ metadata, status }: RawObject): boolean =>
  metadata.deletionTimestamp === undefined &&
  list(record(status)['conditions'])
    .map(record)
    .some((one) => one['type'] === 'Ready' && one['status'] === 'True');
