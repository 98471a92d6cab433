// What Argo CD reads on our manifests: in which order they are applied, what is a hook, what is never
// pruned. Who applies them with kubectl sees annotations and nothing else.
import { ANNOTATION } from '../../../operator/src/api/labels.ts';
import type { Manifest } from '../manifest.ts';
import { groupOf, isOf, podImages, recordOf } from './manifest-parts.ts';

const WAVE = 'argocd.argoproj.io/sync-wave';
const HOOK = 'argocd.argoproj.io/hook';
const HOOK_DELETION = 'argocd.argoproj.io/hook-delete-policy';
const OPTIONS = 'argocd.argoproj.io/sync-options';

/*
   -2  what others stand on: CRDs, namespaces, accounts, secrets, the database
   -1  policies and operator; the migration, as a hook that a sync waits for
    0  the app with its ConfigMaps, and the AppRelease
    1  backups
   A ConfigMap is applied with the Deployment that reads it: seen alone for as long as a migration
   takes, it would be a release of its own.
*/
export const WAVES = { foundation: -2, before: -1, app: 0, after: 1 } as const;

const FOUNDATION_KINDS = [
  'CustomResourceDefinition', 'Namespace', 'ServiceAccount', 'Secret', 'ExternalSecret', 'SealedSecret',
  'PersistentVolumeClaim', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'Certificate',
];
const BEFORE_GROUPS = ['admissionregistration.k8s.io', 'rbac.authorization.k8s.io'];
const OPERATOR_NAMESPACE = 'slipway-system';

/* Deleting one of these deletes what people would want back. */
const KEPT_KINDS = ['CustomResourceDefinition', 'Namespace', 'PersistentVolumeClaim'];

interface WithObjects {
  readonly objects: readonly Manifest[];
}

/** The files of an environment, with all that Argo CD reads on their objects. */
export function forArgoCd<T extends WithObjects>(files: readonly T[]): T[] {
  const all = files.flatMap(({ objects }) => objects);
  const marked = (object: Manifest): Manifest =>
    annotated(object, {
      ...orderOf(object),
      ...(KEPT_KINDS.includes(object.kind) ? { [OPTIONS]: 'Prune=false,Delete=false' } : {}),
      ...imagesOf(object, all),
    });
  return files.map((file) => ({ ...file, objects: file.objects.map(marked) }));
}

/** The wave in which an object is applied. */
export function waveOf(object: Manifest): number {
  const { kind, metadata } = object;
  if (FOUNDATION_KINDS.includes(kind) || componentOf(object) === 'database') return WAVES.foundation;
  const isBefore = BEFORE_GROUPS.includes(groupOf(object)) || metadata.namespace === OPERATOR_NAMESPACE;
  if (isBefore || kind === 'Job') return WAVES.before;
  return kind === 'CronJob' ? WAVES.after : WAVES.app;
}

function componentOf({ metadata }: Manifest): string | undefined {
  return metadata.labels?.['app.kubernetes.io/component'];
}

/* A Job as a hook: its template cannot change, and it vanishes after a day without being missed. */
function orderOf(object: Manifest): Record<string, string> {
  const wave = { [WAVE]: String(waveOf(object)) };
  if (object.kind !== 'Job') return wave;
  return { ...wave, [HOOK]: 'Sync', [HOOK_DELETION]: 'BeforeHookCreation' };
}

/* The images that the Deployment of a release asks for: until they serve, it is not healthy. */
function imagesOf(object: Manifest, objects: readonly Manifest[]): Record<string, string> {
  if (object.kind !== 'AppRelease') return {};
  const name = recordOf(recordOf(object['spec'])['workloadRef'])['name'];
  const workload = objects.find(
    (one) => isOf(one, 'apps', 'Deployment') && one.metadata.name === name &&
      one.metadata.namespace === object.metadata.namespace,
  );
  return workload ? { [ANNOTATION.images]: podImages(workload).join(',') } : {};
}

function annotated(object: Manifest, more: Readonly<Record<string, string>>): Manifest {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...more } } };
}
