// What every write of the operator starts from: the client, the materials of the look that led to it,
// and the metadata that marks an object as this release's.
import { API_GROUP_VERSION } from '../api/group.ts';
import { LABEL } from '../api/labels.ts';
import type { KubeClient } from '../kube/client.ts';
import {
  apiVersionOf,
  type ObjectMeta,
  type OwnerReference,
  type ResourceType,
} from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import type { Materials } from './observe/materials.ts';

export interface ApplyContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly materials: Materials;
}

export function ownerOf({ materials: { release } }: ApplyContext): OwnerReference {
  return {
    apiVersion: API_GROUP_VERSION,
    kind: 'AppRelease',
    name: release.name,
    uid: release.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function ownedMeta(
  context: ApplyContext,
  name: string,
  extra: Partial<ObjectMeta> = {},
): ObjectMeta {
  const { release } = context.materials;
  return {
    ...extra,
    name,
    namespace: release.namespace,
    labels: { [LABEL.release]: release.name, [LABEL.managedBy]: 'slipway', ...extra.labels },
    ownerReferences: [ownerOf(context)],
  };
}

export function headOf(resource: ResourceType): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind };
}
