// What users of a route would meet at every moment: each backend that carries weight needs a ready
// pod behind it. Seen through the route, the Services' selectors and the pods.
import { HTTP_ROUTE, POD, SERVICE } from '../../../operator/src/controller/resources.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { startReflector } from '../../../operator/src/kube/reflector.ts';
import { list, number, record, text } from '../../../operator/src/lib/json.ts';
import type { Lab } from './lab.ts';

export interface Users {
  /** Moments at which a backend with weight had no ready pod. */
  unanswered(): readonly string[];
  /** Changes of the stable Service's selector, and the weight it carried then. */
  switches(): readonly { readonly service: string; readonly weightOfService: number }[];
}

/* One list of changes in the order in which they were made, across the three kinds. */
interface Moment {
  readonly version: number;
  readonly kind: string;
  readonly name: string;
  readonly object: RawObject | undefined;
}

export function watchUsers(lab: Lab): Users {
  const moments: Moment[] = [];
  for (const type of [HTTP_ROUTE, SERVICE, POD]) {
    const reflector = startReflector({
      transport: lab.transport,
      type,
      namespace: lab.namespace,
      project: (raw: RawObject) => ({
        namespace: raw.metadata.namespace ?? '',
        name: raw.metadata.name ?? '',
        uid: raw.metadata.uid ?? '',
        resourceVersion: raw.metadata.resourceVersion ?? '',
        raw,
      }),
      onChange(change) {
        if (change.kind === 'synced') return;
        const { raw, name, resourceVersion } = change.object;
        const object = change.kind === 'deleted' ? undefined : raw;
        // What was there at the start was there at once, whatever its age.
        const version = change.kind === 'upserted' && change.initial ? 0 : Number(resourceVersion);
        moments.push({ version, kind: type.kind, name, object });
      },
    });
    lab.onEnd(() => reflector.stop());
  }
  return {
    unanswered: () => replay(moments).flatMap(({ trouble }) => trouble),
    switches: () => replay(moments).flatMap(({ switched }) => (switched ? [switched] : [])),
  };
}

interface Step {
  readonly trouble: readonly string[];
  readonly switched?: { readonly service: string; readonly weightOfService: number };
}

function replay(moments: readonly Moment[]): Step[] {
  const world = new Map<string, RawObject>();
  return moments
    .toSorted((a, b) => a.version - b.version)
    .map(({ kind, name, object, version }) => {
      const key = `${kind}/${name}`;
      const before = world.get(key);
      if (object) world.set(key, object);
      else world.delete(key);
      const step = {
        trouble: version === 0 ? [] : troubleIn(world).map((text) => `at ${version}: ${text}`),
      };
      if (kind !== 'Service' || !name.endsWith('-stable') || !before || !object) return step;
      if (hashOf(before) === hashOf(object)) return step;
      return { ...step, switched: { service: name, weightOfService: weightOf(world, name) } };
    });
}

function troubleIn(world: ReadonlyMap<string, RawObject>): string[] {
  const routes = [...world]
    .filter(([key]) => key.startsWith('HTTPRoute/'))
    .map(([, route]) => route);
  return routes
    .flatMap(refsOf)
    .filter((ref) => ref['name'] !== 'other' && (number(ref['weight']) ?? 1) > 0)
    .map((ref) => text(ref['name']) ?? '')
    .filter((name) => !isAnswered(world, name))
    .map((name) => `no ready pod behind ${name}`);
}

function refsOf(route: RawObject): Record<string, unknown>[] {
  return list(record(route['spec'])['rules'])
    .flatMap((rule) => list(record(rule)['backendRefs']))
    .map(record);
}

function weightOf(world: ReadonlyMap<string, RawObject>, service: string): number {
  const routes = [...world]
    .filter(([key]) => key.startsWith('HTTPRoute/'))
    .map(([, route]) => route);
  return Math.max(
    0,
    ...routes
      .flatMap(refsOf)
      .filter((ref) => ref['name'] === service)
      .map((ref) => number(ref['weight']) ?? 1),
  );
}

const hashOf = (service: RawObject) =>
  record(record(service['spec'])['selector'])['pod-template-hash'];

function isAnswered(world: ReadonlyMap<string, RawObject>, service: string): boolean {
  const selector = record(record(world.get(`Service/${service}`)?.['spec'])['selector']);
  const wanted = Object.entries(selector);
  if (wanted.length === 0) return false;
  return [...world].some(
    ([key, pod]) =>
      key.startsWith('Pod/') &&
      isReady(pod) &&
      wanted.every(([name, value]) => pod.metadata.labels?.[name] === value),
  );
}

function isReady({ metadata, status }: RawObject): boolean {
  const ready = list(record(status)['conditions'])
    .map(record)
    .find((one) => one['type'] === 'Ready');
  return metadata.deletionTimestamp === undefined && ready?.['status'] === 'True';
}
