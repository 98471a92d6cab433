// Pods for tests: the least an object can be.

import type { Keyed } from '../cache.ts';
import type { RawObject, ResourceType } from '../resource.ts';

export const PODS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
};

export interface SmallPod extends Keyed {
  readonly color: string;
  readonly kind: string | undefined;
}

export function pod(namespace: string, name: string, color = 'none'): RawObject {
  return { metadata: { namespace, name, labels: { color } } };
}

export function toSmallPod(raw: RawObject): SmallPod {
  const { namespace = '', name = '', uid = '', resourceVersion = '', labels } = raw.metadata;
  return { namespace, name, uid, resourceVersion, color: labels?.['color'] ?? '', kind: raw.kind };
}
