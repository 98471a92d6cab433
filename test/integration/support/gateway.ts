// Stands in for a Gateway API implementation: it answers each generation of an HTTPRoute in its
// status, as the standard says, and carries no traffic.
import { HTTP_ROUTE } from '../../../operator/src/controller/resources.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { startReflector } from '../../../operator/src/kube/reflector.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import type { Lab } from './lab.ts';
import { canaryWeights } from './world.ts';

export interface FakeGateway {
  /** From now on routes are answered so; those there are answered again. */
  answer(how: Answer): Promise<void>;
}

/** `late at n`: nothing is said about generations that give the canary n percent. */
export type Answer = 'accepts' | 'refuses' | 'late at 0' | 'late at 100';

interface Seen {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly raw: RawObject;
}

export function startGateway(lab: Lab, first: Answer = 'accepts'): FakeGateway {
  let how = first;
  let writing = Promise.resolve();
  const reflector = startReflector<Seen>({
    transport: lab.transport,
    type: HTTP_ROUTE,
    namespace: lab.namespace,
    project: (raw) => ({
      namespace: raw.metadata.namespace ?? '',
      name: raw.metadata.name ?? '',
      uid: raw.metadata.uid ?? '',
      resourceVersion: raw.metadata.resourceVersion ?? '',
      raw,
    }),
    onChange(change) {
      if (change.kind === 'upserted')
        writing = writing.then(() => answerRoute(lab, change.object.raw, how));
    },
  });
  lab.onEnd(async () => {
    await reflector.stop();
    await writing;
  });
  return {
    async answer(next) {
      how = next;
      for (const { raw } of reflector.cache.list()) await answerRoute(lab, raw, how);
    },
  };
}

async function answerRoute(lab: Lab, route: RawObject, how: Answer): Promise<void> {
  if (how === `late at ${canaryWeights(route)[0]}`) return;
  const wanted = how === 'refuses' ? 'False' : 'True';
  const { generation = 0, name = '' } = route.metadata;
  const conditions = [
    {
      type: 'Accepted',
      status: wanted,
      reason: how === 'refuses' ? 'NotAllowedByListeners' : 'Accepted',
    },
    { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs' },
  ].map((condition) => ({
    ...condition,
    observedGeneration: generation,
    message: how === 'refuses' ? 'no listener takes it' : '',
    lastTransitionTime: new Date().toISOString(),
  }));
  const [parent] = list(record(route['status'])['parents']).map(record);
  const known = list(parent?.['conditions']).map(record);
  const isSaid =
    known.length > 0 &&
    known.every((one) => one['observedGeneration'] === generation) &&
    known[0]?.['status'] === wanted;
  if (isSaid) return;
  const status = {
    parents: [
      { parentRef: { name: 'gate' }, controllerName: 'test.slipway.dev/gateway', conditions },
    ],
  };
  // A route that has gone meanwhile needs no answer.
  await lab.client
    .mergePatch(
      { type: HTTP_ROUTE, namespace: lab.namespace, name },
      { status },
      { subresource: 'status' },
    )
    .catch(() => undefined);
}
