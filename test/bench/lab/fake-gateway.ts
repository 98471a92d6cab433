// Says Accepted to every HTTPRoute of a namespace as soon as it changes, as a gateway controller
// would; routes no traffic.
import { HTTP_ROUTE } from '../../../operator/src/controller/resources.ts';
import type { KubeClient } from '../../../operator/src/kube/client.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import type { Sightings } from './sightings.ts';

/** Answers until the returned function is called. */
export const answerRoutes = (client: KubeClient, routes: Sightings): (() => void) => {
  const answered = new Map<string, number>();
  return routes.listen(({ raw, isDeleted }) => {
    const { name = '', namespace = '', generation = 0 } = raw.metadata;
    if (isDeleted || (answered.get(name) ?? 0) >= generation) return;
    answered.set(name, generation);
    const patch = { status: { parents: parentsOf(raw) } };
    // A route that was deleted meanwhile needs no answer.
    client
      .mergePatch({ type: HTTP_ROUTE, namespace, name }, patch, { subresource: 'status' })
      .catch(() => undefined);
  });
};

const parentsOf = ({ metadata, spec }: RawObject): readonly object[] =>
  list(record(spec)['parentRefs']).map((parentRef) => ({
    parentRef,
    controllerName: 'bench.slipway.dev/gateway',
    conditions: ['Accepted', 'ResolvedRefs'].map((type) => ({
      type, status: 'True', reason: type, message: '',
      observedGeneration: metadata.generation,
      lastTransitionTime: new Date().toISOString(),
    })),
  }));
