// What the operator or an autoscaler writes on objects of git, as Argo CD is told of it: neither shown
// as a difference nor overwritten by a sync.
import { FIELD_MANAGER, REPLICAS_FIELD_MANAGER } from '../../../operator/src/api/labels.ts';
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
  readonly managedFieldsManagers?: readonly string[];
}

/*
   Fields owned by the operator, on the kinds where it owns some. Should git name one of them by
   mistake, a sync leaves it to the operator: `replicas: 3` in an adopted Deployment would start a
   second set of pods.
*/
function owned(group: string, kind: string): IgnoredFields {
  return { group, kind, managedFieldsManagers: [FIELD_MANAGER, REPLICAS_FIELD_MANAGER] };
}

/** The entries that the objects of an environment need. */
export function ignoredFields(objects: readonly Manifest[]): readonly IgnoredFields[] {
  return [
    owned('apps', 'Deployment'),
    owned('', 'Service'),
    owned('slipway.dev', 'AppRelease'),
    ...objects.flatMap(scaledReplicas),
    ...objects.flatMap(routeWeights),
  ];
}

/* Where an autoscaler decides, whatever git says of the number counts when the object is made. */
function scaledReplicas(object: Manifest): IgnoredFields[] {
  if (object.kind !== 'HorizontalPodAutoscaler') return [];
  const target = recordOf(recordOf(object['spec'])['scaleTargetRef']);
  const { apiVersion, kind, name } = target;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return [];
  return [{ group: groupOf({ apiVersion }), kind, name, jsonPointers: ['/spec/replicas'] }];
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
