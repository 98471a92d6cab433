// One hand decides how many pods there are: what an autoscaler scales states no number in git, and it
// scales the release, not the Deployment whose pods the release runs.
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import type { Finding } from './finding.ts';
import { namespaceOf, ofKind, type Check, type Located, type World } from './world.ts';

interface Scaler {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
}

/** Finds autoscalers that scale nothing, or what somebody else scales too. */
export const checkScaling: Check = (world) =>
  ofKind(world, 'HorizontalPodAutoscaler').flatMap((one): readonly Finding[] => {
    const { kind, name } = (one.object['spec'] as Scaler).scaleTargetRef;
    const field = 'spec.scaleTargetRef';
    const target = find(world, { kind, name, namespace: namespaceOf(one) });
    if (target === undefined) {
      const problem = `there is no ${kind} ${name} in namespace ${namespaceOf(one)}`;
      return [{ path: one.path, field, problem, remedy: 'Name what is to be scaled, in the same namespace' }];
    }
    const release = kind === 'Deployment' ? releaseFor(name, { world, namespace: namespaceOf(one) }) : undefined;
    if (release !== undefined) {
      const problem = `the pods of Deployment ${name} are run by AppRelease ${release.object.metadata.name}`;
      return [{ path: one.path, field, problem, remedy: 'Let it scale the AppRelease' }];
    }
    return statedTwice(target);
  });

function statedTwice({ path, object }: Located): readonly Finding[] {
  const { replicas } = object['spec'] as { readonly replicas?: number };
  if (replicas === undefined) return [];
  return [
    {
      path,
      field: 'spec.replicas',
      problem: `${replicas} is stated, and an autoscaler decides: each apply would set it back`,
      remedy: 'Leave the field out',
    },
  ];
}

interface Target {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

function find(world: World, { kind, name, namespace }: Target): Located | undefined {
  return ofKind(world, kind).find(
    (one) => namespaceOf(one) === namespace && one.object.metadata.name === name,
  );
}

function releaseFor(
  deployment: string,
  { world, namespace }: { readonly world: World; readonly namespace: string },
): Located | undefined {
  return ofKind(world, 'AppRelease').find(
    (one) =>
      namespaceOf(one) === namespace &&
      (one.object['spec'] as AppReleaseSpecInput).workloadRef?.name === deployment,
  );
}
