// An AppRelease as the commands see it: read from what the server sent, nothing computed.
import type { AppReleaseSpec, AppReleaseStatus } from '../api/app-release.ts';
import { parseSpec, parseStatus, type Parsed } from '../api/parse.ts';
import type { RawObject } from '../kube/resource.ts';

export interface ReleaseView {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly spec: Parsed<AppReleaseSpec>;
  readonly status: AppReleaseStatus;
}

/** Pods of one ReplicaSet, as it counts them. */
export interface SetPods {
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
}

export function toReleaseView(raw: RawObject): ReleaseView {
  return {
    namespace: raw.metadata.namespace ?? '',
    name: raw.metadata.name ?? '',
    generation: raw.metadata.generation ?? 0,
    spec: parseSpec(raw['spec']),
    status: parseStatus(raw['status']),
  };
}

/** The Deployment whose template is released, where there is one. */
export function workloadName({ spec }: ReleaseView): string | undefined {
  return spec.kind === 'valid' ? spec.value.workloadRef?.name : undefined;
}

/** The reason and sentence of where the release stands, as its conditions tell it. */
export function conditionOf({ status }: ReleaseView, type: string) {
  return status.conditions?.find((condition) => condition.type === type);
}
