// What others than git decide although git names it, as Argo CD is told of it: neither shown as a
// difference nor overwritten by a sync. Only such fields: of what is ignored Argo CD applies the live
// value and becomes its co-owner, which would tell the operator that git wants a say.
import type { Manifest } from '../manifest.ts';
import { groupOf, isOf, recordOf } from './manifest-parts.ts';

/** An entry of `ignoreDifferences` of an Application. */
export interface IgnoredFields {
  readonly group: string;
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly jsonPointers?: readonly string[];
  readonly jqPathExpressions?: readonly string[];
}

/** The entries that the objects of an environment need. */
export function ignoredFields(objects: readonly Manifest[]): readonly IgnoredFields[] {
  return [
    ...objects.flatMap((object) => adoptedReplicas(object, objects)),
    ...objects.flatMap((object) => scaledReplicas(object, objects)),
    ...objects.flatMap(routeWeights),
  ];
}

/* A Deployment that is released runs no pods of its own: another number, put there by mistake, would
   start a second set of them. It counts when the Deployment is made, and not afterwards. */
function adoptedReplicas(release: Manifest, objects: readonly Manifest[]): IgnoredFields[] {
  if (!isOf(release, 'slipway.dev', 'AppRelease')) return [];
  const { name } = recordOf(recordOf(release['spec'])['workloadRef']);
  const { namespace } = release.metadata;
  return objects
    .filter((one) => isOf(one, 'apps', 'Deployment') && one.metadata.name === name)
    .filter((one) => one.metadata.namespace === namespace)
    .flatMap(replicasOf);
}

/* Where an autoscaler decides, a number in git counts when the object is made, and not afterwards. */
function scaledReplicas(scaler: Manifest, objects: readonly Manifest[]): IgnoredFields[] {
  if (scaler.kind !== 'HorizontalPodAutoscaler') return [];
  const { apiVersion, kind, name } = recordOf(recordOf(scaler['spec'])['scaleTargetRef']);
  return objects
    .filter((one) => one.apiVersion === apiVersion && one.kind === kind && one.metadata.name === name)
    .filter((one) => one.metadata.namespace === scaler.metadata.namespace)
    .flatMap(replicasOf);
}

function replicasOf(object: Manifest): IgnoredFields[] {
  if (recordOf(object['spec'])['replicas'] === undefined) return [];
  const { metadata: { name, namespace }, kind } = object;
  const where = namespace === undefined ? {} : { namespace };
  return [{ group: groupOf(object), kind, name, ...where, jsonPointers: ['/spec/replicas'] }];
}

/*
   The two weights of the rule that a release names, at all times. An expression that asks whether a
   release is under way would hold for the live object only: of git's object Argo CD keeps what was
   not ignored in it.
*/
function routeWeights(object: Manifest): IgnoredFields[] {
  if (!isOf(object, 'slipway.dev', 'AppRelease')) return [];
  const { gateway } = recordOf(recordOf(object['spec'])['traffic']);
  const { name, rule } = recordOf(recordOf(gateway)['routeRef']);
  if (typeof name !== 'string' || typeof rule !== 'string') return [];
  const { namespace } = object.metadata;
  return [
    {
      group: 'gateway.networking.k8s.io',
      kind: 'HTTPRoute',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      jqPathExpressions: [`.spec.rules[]? | select(.name == ${JSON.stringify(rule)}) | .backendRefs[]?.weight`],
    },
  ];
}
