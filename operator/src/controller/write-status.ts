// Writes a status when it says something new: at once for a transition, now and then for numbers.
import type { AppReleaseStatus } from '../api/app-release-status.ts';
import { STATUS_FIELD_MANAGER } from '../api/labels.ts';
import type { KubeClient } from '../kube/client.ts';
import { apiVersionOf } from '../kube/resource.ts';
import { isSame } from '../lib/json.ts';
import type { ReleaseObject } from './projections.ts';
import { APP_RELEASE } from './resources.ts';

export type StatusChange =
  | { readonly kind: 'none' }
  /** Only numbers and sentences moved. */
  | { readonly kind: 'figures' }
  | { readonly kind: 'transition' };

/** Fields that move with every poll and every pod; they wait for company. */
const FIGURES = [
  'message',
  'checks',
  'analysis',
  'replicas',
  'readyReplicas',
  'updatedReplicas',
] as const;

export function changeOf(previous: AppReleaseStatus, next: AppReleaseStatus): StatusChange {
  if (isSame(withoutEpoch(previous), withoutEpoch(next))) return { kind: 'none' };
  const onlyFigures = isSame(withoutFigures(previous), withoutFigures(next));
  return onlyFigures ? { kind: 'figures' } : { kind: 'transition' };
}

/* That another leader looks on is no news: a thousand releases at rest need not be told. */
function withoutEpoch({ controllerEpoch: _epoch, ...status }: AppReleaseStatus): object {
  return status;
}

function withoutFigures(status: AppReleaseStatus): object {
  const copy: Record<string, unknown> = { ...status };
  for (const field of FIGURES) delete copy[field];
  delete copy['controllerEpoch'];
  const conditions = status.conditions?.map(({ message: _message, ...rest }) => rest);
  const { mark: _mark, markedAt: _at, waitingSince: _since, ...step } = status.step ?? {};
  return { ...copy, conditions, step };
}

/** Server-side apply of the whole status; fails when the AppRelease moved since it was read. */
export async function writeStatus(
  client: KubeClient,
  release: ReleaseObject,
  status: AppReleaseStatus,
): Promise<void> {
  await client.apply(
    APP_RELEASE,
    {
      apiVersion: apiVersionOf(APP_RELEASE),
      kind: APP_RELEASE.kind,
      metadata: {
        name: release.name,
        namespace: release.namespace,
        uid: release.uid,
        resourceVersion: release.resourceVersion,
      },
      status,
    },
    { fieldManager: STATUS_FIELD_MANAGER, force: true, subresource: 'status' },
  );
}
