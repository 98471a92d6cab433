// What Argo CD's server needs for its actions on releases: to create ReleaseActions, each action by
// its name, and to speak for its users. In the application's namespace, and on every cluster.
import { SPEAK_FOR_VERB } from '../../../operator/src/api/policies.ts';
import { ACTIONS } from '../../../operator/src/api/release-action.ts';
import type { Manifest } from '../manifest.ts';
import { ARGO_CD } from './git-source.ts';
import { isOf } from './manifest-parts.ts';
import type { PlacedEnvironment } from './placed-environment.ts';

const NAME = 'slipway-argocd-actions';

export function actionsAccess(environments: readonly PlacedEnvironment[]): Manifest[] {
  return [role(), ...namespacesWithReleases(environments).map(binding)];
}

function role(): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: NAME },
    rules: [
      { apiGroups: ['slipway.dev'], resources: ['releaseactions'], verbs: ['create'] },
      { apiGroups: ['slipway.dev'], resources: ['appreleases'], verbs: [...ACTIONS, SPEAK_FOR_VERB] },
    ],
  };
}

function binding(namespace: string): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: NAME, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
    subjects: [{ kind: 'ServiceAccount', name: ARGO_CD.server, namespace: ARGO_CD.namespace }],
  };
}

function namespacesWithReleases(environments: readonly PlacedEnvironment[]): string[] {
  const names = environments
    .flatMap(({ objects }) => objects)
    .filter((object) => isOf(object, 'slipway.dev', 'AppRelease'))
    .flatMap(({ metadata }) => metadata.namespace ?? []);
  return [...new Set(names)].toSorted();
}
