// The AppProject: what Applications of the bank may do. From one repository, into the namespaces and
// clusters that are named, with the cluster-wide objects that are rendered and no other.
import type { Manifest } from '../manifest.ts';
import { ARGO_CD, GIT, PROJECT } from './git-source.ts';
import { groupOf } from './manifest-parts.ts';
import { distinct, type PlacedEnvironment } from './placed-environment.ts';

export function project(environments: readonly PlacedEnvironment[]): Manifest {
  const objects = environments.flatMap((environment) => environment.objects);
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: PROJECT, namespace: ARGO_CD.namespace },
    spec: {
      description: 'The bank and the operator that releases it',
      sourceRepos: [GIT.repository],
      destinations: distinct(environments.flatMap(destinationsOf)),
      clusterResourceWhitelist: distinct(objects.filter(isClusterWide).map(nameOf)),
      namespaceResourceWhitelist: distinct([
        ...objects.filter((object) => !isClusterWide(object)).map(kindOf),
        // Made by the actions; the rest of what the operator makes is made by the operator.
        { group: 'slipway.dev', kind: 'ReleaseAction' },
      ]),
      orphanedResources: { warn: false },
    },
  };
}

function destinationsOf({ destination, objects }: PlacedEnvironment) {
  return namespacesOf(objects).map((namespace) => ({ namespace, server: destination.cluster }));
}

/** The namespaces that objects are put into. */
export function namespacesOf(objects: readonly Manifest[]): readonly string[] {
  const names = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
  return [...new Set(names)].toSorted();
}

function isClusterWide({ metadata }: Manifest): boolean {
  return metadata.namespace === undefined;
}

const kindOf = (object: Manifest) => ({ group: groupOf(object), kind: object.kind });
const nameOf = (object: Manifest) => ({ ...kindOf(object), name: object.metadata.name });
