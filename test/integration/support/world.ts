// The state of one namespace as it was at every moment of a test, seen through watches of its own:
// properties are asserted over all of it, not over what the operator says it did.
import { type Reflector, startReflector } from '../../../operator/src/kube/reflector.ts';
import type { Keyed } from '../../../operator/src/kube/cache.ts';
import type { RawObject, ResourceType } from '../../../operator/src/kube/resource.ts';
import type { Transport } from '../../../operator/src/kube/transport.ts';
import * as type from '../../../operator/src/controller/resources.ts';
import { list, number, record, text } from '../../../operator/src/lib/json.ts';
import type { AppReleaseStatus } from '../../../operator/src/api/app-release-status.ts';

export interface PodSeen {
  readonly name: string;
  readonly uid: string;
  readonly ip: string | undefined;
  /** Name of its ReplicaSet. */
  readonly set: string;
  readonly image: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
}

export interface SetSeen {
  readonly name: string;
  readonly uid: string;
  readonly desired: number;
  readonly image: string;
  readonly owner: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Kept extends Keyed {
  readonly raw: RawObject;
}

export interface World {
  pods(): readonly PodSeen[];
  /** Those of AppReleases, by name. */
  sets(): readonly SetSeen[];
  /** Those that Deployments still own. */
  foreignSets(): readonly SetSeen[];
  get(resource: ResourceType, name: string): RawObject | undefined;
  list(resource: ResourceType): readonly RawObject[];
  /** The pods after each change to one of them. */
  readonly podFrames: readonly (readonly PodSeen[])[];
  /** Canary weight of each route after each change to it, rule by rule, as the backendRefs have it. */
  readonly weights: readonly (readonly number[])[];
  /** Each status the AppReleases had, in order. */
  readonly statuses: readonly { readonly name: string; readonly status: AppReleaseStatus }[];
  stop(): Promise<void>;
}

const WATCHED: readonly ResourceType[] = [
  type.APP_RELEASE,
  type.RELEASE_ACTION,
  type.DEPLOYMENT,
  type.REPLICA_SET,
  type.POD,
  type.SERVICE,
  type.CONFIG_MAP,
  type.ENDPOINT_SLICE,
  type.HTTP_ROUTE,
];

export async function watchWorld(transport: Transport, namespace: string): Promise<World> {
  const podFrames: (readonly PodSeen[])[] = [];
  const weights: (readonly number[])[] = [];
  const statuses: { name: string; status: AppReleaseStatus }[] = [];
  const reflectors = new Map<string, Reflector<Kept>>();
  const all = (resource: ResourceType) =>
    reflectors
      .get(resource.plural)
      ?.cache.list()
      .map(({ raw }) => raw) ?? [];
  const pods = () => all(type.POD).map(podSeen);
  for (const resource of WATCHED) {
    const reflector = startReflector<Kept>({
      transport,
      type: resource,
      namespace,
      project: keep,
      onChange(change) {
        if (change.kind === 'synced') return;
        const { raw } = change.object;
        if (resource === type.POD) podFrames.push(pods());
        if (change.kind === 'deleted') return;
        if (resource === type.HTTP_ROUTE) weights.push(canaryWeights(raw));
        if (resource === type.APP_RELEASE)
          statuses.push({ name: raw.metadata.name ?? '', status: statusOf(raw) });
      },
    });
    reflectors.set(resource.plural, reflector);
  }
  await Promise.all([...reflectors.values()].map((reflector) => reflector.synced));
  const sets = (kind: string) =>
    all(type.REPLICA_SET)
      .map(setSeen)
      .filter(({ owner }) => owner.startsWith(`${kind}/`))
      .toSorted((a, b) => a.name.localeCompare(b.name));
  return {
    pods,
    sets: () => sets('AppRelease'),
    foreignSets: () => sets('Deployment'),
    get: (resource, name) => reflectors.get(resource.plural)?.cache.get(namespace, name)?.raw,
    list: all,
    podFrames,
    weights,
    statuses,
    async stop() {
      await Promise.all([...reflectors.values()].map((reflector) => reflector.stop()));
    },
  };
}

export function statusOf(raw: RawObject | undefined): AppReleaseStatus {
  return record(raw?.['status']) as AppReleaseStatus;
}

function keep(raw: RawObject): Kept {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = raw.metadata;
  return { namespace, name, uid, resourceVersion, raw };
}

function imageOf(podSpec: unknown): string {
  const [container] = list(record(podSpec)['containers']);
  return (text(record(container)['image']) ?? '').replace(/^.*:/, '');
}

function podSeen({ metadata, spec, status }: RawObject): PodSeen {
  const ready = list(record(status)['conditions'])
    .map(record)
    .find((condition) => condition['type'] === 'Ready');
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ip: text(record(status)['podIP']),
    set: metadata.ownerReferences?.[0]?.name ?? '',
    image: imageOf(spec),
    isReady: ready?.['status'] === 'True',
    isTerminating: metadata.deletionTimestamp !== undefined,
  };
}

function setSeen({ metadata, spec }: RawObject): SetSeen {
  const owner = metadata.ownerReferences?.[0];
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    desired: number(record(spec)['replicas']) ?? 1,
    image: imageOf(record(record(spec)['template'])['spec']),
    owner: owner ? `${owner.kind}/${owner.name}` : '',
    annotations: metadata.annotations ?? {},
  };
}

/** The weight of each backendRef whose name ends in -canary. */
export function canaryWeights({ spec }: RawObject): number[] {
  return list(record(spec)['rules'])
    .flatMap((rule) => list(record(rule)['backendRefs']))
    .map(record)
    .filter((ref) => text(ref['name'])?.endsWith('-canary'))
    .map((ref) => number(ref['weight']) ?? 1);
}
