// Carries out effects, in order, stopping at the first that fails. Every write fails when the world
// moved since the snapshot: it names a uid, a size or a resourceVersion.
import {
  ANNOTATION,
  FIELD_MANAGER,
  FINALIZER,
  LABEL,
  POD_TEMPLATE_HASH,
  REPLICAS_FIELD_MANAGER,
  replicaSetName,
} from '../api/labels.ts';
import { ApiError } from '../kube/api-error.ts';
import type { ApplyOptions, JsonPatchOperation, KubeClient } from '../kube/client.ts';
import {
  apiVersionOf,
  type OwnerReference,
  type RawObject,
  type ResourceType,
} from '../kube/resource.ts';
import { assertNever } from '../lib/assert.ts';
import { toText } from '../lib/instant.ts';
import { withHashLabel } from '../rollout/revision.ts';
import type { Effect, EffectKind, OutcomeMark, SetRef } from '../rollout/decision.ts';
import { type ApplyContext, headOf, ownedMeta, ownerOf } from './apply-context.ts';
import { pointService, releaseRoute, setWeight } from './apply-traffic.ts';
import { configCopyObject } from './configs.ts';
import * as type from './resources.ts';

export type Applied =
  | { readonly kind: 'applied' }
  | { readonly kind: 'failed'; readonly effect: EffectKind; readonly error: unknown };

/** Never throws: it says which effect failed, for only that tells what a person has to look at. */
export async function applyAll(
  context: ApplyContext,
  effects: readonly Effect[],
): Promise<Applied> {
  for (const effect of effects) {
    try {
      await applyEffect(context, effect);
    } catch (error) {
      return { kind: 'failed', effect: effect.kind, error };
    }
  }
  return { kind: 'applied' };
}

async function applyEffect(context: ApplyContext, effect: Effect): Promise<void> {
  switch (effect.kind) {
    case 'addFinalizer':
      return setFinalizer(context);
    case 'removeFinalizer':
      return removeFinalizer(context);
    case 'claimReplicas':
      return claimReplicas(context, effect.replicas);
    case 'createSet':
      return createSet(context, effect);
    case 'scaleSet':
      return patchSet(context, effect.set, [
        { op: 'test', path: '/metadata/generation', value: effect.generation },
        { op: 'test', path: '/spec/replicas', value: effect.from },
        { op: 'replace', path: '/spec/replicas', value: effect.to },
        ...markOperations(effect.mark),
      ]);
    case 'markSet':
      return patchSet(context, effect.set, markOperations(effect.mark));
    case 'deleteSet':
      return deleteSet(context, effect.set);
    case 'pointService':
      return pointService(context, effect.role, effect.hash);
    case 'setWeight':
      return setWeight(context, effect.weight);
    case 'pauseDeployment':
      return applyDeployment(context, { paused: true }, { fieldManager: FIELD_MANAGER });
    case 'unpauseDeployment':
      return applyDeployment(context, undefined, { fieldManager: FIELD_MANAGER });
    case 'scaleDeployment':
      return scaleDeployment(context, effect.replicas);
    case 'takeSet':
      return takeSet(context, effect);
    case 'giveBackSet':
      return giveBackSet(context, effect.set);
    case 'releaseRoute':
      return releaseRoute(context);
    case 'explainHandBack':
      return explainHandBack(context, effect.message);
    case 'finishAction':
      return finishAction(context, effect);
    default:
      return assertNever(effect);
  }
}

async function setFinalizer({ client, materials: { release } }: ApplyContext): Promise<void> {
  await client.apply(
    type.APP_RELEASE,
    {
      ...headOf(type.APP_RELEASE),
      metadata: {
        name: release.name,
        namespace: release.namespace,
        uid: release.uid,
        finalizers: [FINALIZER],
      },
    },
    { fieldManager: FIELD_MANAGER, force: true },
  );
}

async function removeFinalizer({ client, materials: { release } }: ApplyContext): Promise<void> {
  const index = release.finalizers.indexOf(FINALIZER);
  if (index < 0) return;
  await client.jsonPatch(
    { type: type.APP_RELEASE, namespace: release.namespace, name: release.name },
    [
      { op: 'test', path: '/metadata/uid', value: release.uid },
      { op: 'test', path: `/metadata/finalizers/${index}`, value: FINALIZER },
      { op: 'remove', path: `/metadata/finalizers/${index}` },
    ],
  );
}

async function claimReplicas(
  { client, materials: { release } }: ApplyContext,
  replicas: number,
): Promise<void> {
  await client.apply(
    type.APP_RELEASE,
    {
      ...headOf(type.APP_RELEASE),
      metadata: {
        name: release.name,
        namespace: release.namespace,
        uid: release.uid,
        resourceVersion: release.resourceVersion,
      },
      spec: { replicas },
    },
    { fieldManager: REPLICAS_FIELD_MANAGER },
  );
}

async function createSet(
  context: ApplyContext,
  effect: Extract<Effect, { kind: 'createSet' }>,
): Promise<void> {
  const { client, materials } = context;
  const { configured, release, selector } = materials;
  if (!configured) throw new Error('createSet without a template');
  for (const copy of configured.copies) {
    const object = configCopyObject(copy, release.name, release.namespace);
    await createOnce(client, type.CONFIG_MAP, {
      ...object,
      metadata: ownedMeta(context, copy.name, object.metadata),
    });
  }
  const labels = materials.deployment ? {} : { [LABEL.release]: release.name };
  const template = withHashLabel(configured.template, effect.hash, labels);
  await client.create(type.REPLICA_SET, {
    ...headOf(type.REPLICA_SET),
    metadata: ownedMeta(context, replicaSetName(release.name, effect.revision, effect.hash), {
      labels: { ...selector, [POD_TEMPLATE_HASH]: effect.hash },
      annotations: {
        [ANNOTATION.revision]: String(effect.revision),
        [ANNOTATION.outcome]: effect.outcome,
      },
    }),
    spec: {
      replicas: effect.replicas,
      minReadySeconds: materials.spec?.minReadySeconds ?? 0,
      selector: { matchLabels: { ...selector, [POD_TEMPLATE_HASH]: effect.hash } },
      template,
    },
  });
}

/* Copies are named after their content, so one that is there already is the right one. */
async function createOnce(
  client: KubeClient,
  resource: ResourceType,
  object: RawObject,
): Promise<void> {
  try {
    await client.create(resource, { ...headOf(resource), ...object });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'alreadyExists')) throw error;
  }
}

async function patchSet(
  { client, materials: { release } }: ApplyContext,
  set: SetRef,
  operations: readonly JsonPatchOperation[],
): Promise<void> {
  await client.jsonPatch({ type: type.REPLICA_SET, namespace: release.namespace, name: set.name }, [
    { op: 'test', path: '/metadata/uid', value: set.uid },
    ...operations,
  ]);
}

function markOperations(mark: OutcomeMark | undefined): JsonPatchOperation[] {
  if (!mark) return [];
  return [
    { op: 'add', path: annotationPath(ANNOTATION.outcome), value: mark.outcome },
    { op: 'add', path: annotationPath(ANNOTATION.reason), value: mark.reason },
  ];
}

function annotationPath(name: string): string {
  return `/metadata/annotations/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

async function deleteSet(context: ApplyContext, set: SetRef): Promise<void> {
  const { namespace } = context.materials.release;
  await context.client.delete(
    { type: type.REPLICA_SET, namespace, name: set.name },
    { preconditions: { uid: set.uid }, propagationPolicy: 'Background' },
  );
  await deleteUnusedCopies(context, set);
}

/* With a revision go the copies that no other one reads, and any that an earlier end left behind. */
async function deleteUnusedCopies(
  { client, materials }: ApplyContext,
  gone: SetRef,
): Promise<void> {
  const { configured, copies, sets } = materials;
  const used = new Set([
    ...sets.filter(({ uid }) => uid !== gone.uid).flatMap(({ configMaps }) => configMaps),
    ...(configured?.copies.map(({ name }) => name) ?? []),
  ]);
  for (const { namespace, name, uid } of copies.filter((copy) => !used.has(copy.name))) {
    const ref = { type: type.CONFIG_MAP, namespace, name };
    await client.delete(ref, { preconditions: { uid } });
  }
}

/* At hand-back the pods need the number whatever git says: a Deployment that takes them back with
   another one would end some of them. On the way in, git's number is left alone. */
function scaleDeployment(context: ApplyContext, replicas: number): Promise<void> {
  return applyDeployment(
    context,
    { replicas },
    { fieldManager: REPLICAS_FIELD_MANAGER, force: context.materials.release.isDeleted },
  );
}

async function applyDeployment(
  { client, materials: { deployment } }: ApplyContext,
  spec: object | undefined,
  options: ApplyOptions,
): Promise<void> {
  if (!deployment) throw new Error('the Deployment is not in the snapshot');
  await client.apply(
    type.DEPLOYMENT,
    {
      ...headOf(type.DEPLOYMENT),
      metadata: {
        name: deployment.name,
        namespace: deployment.namespace,
        uid: deployment.uid,
        resourceVersion: deployment.resourceVersion,
      },
      ...(spec ? { spec } : {}),
    },
    options,
  );
}

async function takeSet(
  context: ApplyContext,
  effect: Extract<Effect, { kind: 'takeSet' }>,
): Promise<void> {
  const { configured, deployment, release } = context.materials;
  const raw = await context.client.get({
    type: type.REPLICA_SET,
    namespace: release.namespace,
    name: effect.set.name,
  });
  const revision =
    raw.metadata.annotations?.['deployment.kubernetes.io/revision'] ??
    String(deployment?.revision ?? 1);
  const isConfigured = (configured?.sources.length ?? 0) > 0;
  await patchSet(context, effect.set, [
    { op: 'test', path: '/metadata/resourceVersion', value: raw.metadata.resourceVersion ?? '' },
    { op: 'replace', path: '/metadata/ownerReferences', value: [ownerOf(context)] },
    { op: 'add', path: annotationPath(ANNOTATION.revision), value: revision },
    ...(isConfigured
      ? [
          {
            op: 'add' as const,
            path: annotationPath(ANNOTATION.adoptedConfig),
            value: configured?.contentDigest ?? '',
          },
        ]
      : []),
    ...markOperations({ outcome: effect.outcome, reason: 'Adopted' }),
  ]);
}

async function giveBackSet(context: ApplyContext, set: SetRef): Promise<void> {
  const { deployment } = context.materials;
  if (!deployment) throw new Error('the Deployment is not in the snapshot');
  const owner: OwnerReference = {
    apiVersion: apiVersionOf(type.DEPLOYMENT),
    kind: 'Deployment',
    name: deployment.name,
    uid: deployment.uid,
    controller: true,
    // True would need the right to write finalizers of Deployments, where the cluster asks for it.
    blockOwnerDeletion: false,
  };
  await giveCopies(context, set);
  await patchSet(context, set, [
    { op: 'replace', path: '/metadata/ownerReferences', value: [owner] },
  ]);
}

/* The copies its pods read stay for as long as the set does: without them no pod of it could start. */
async function giveCopies({ client, materials }: ApplyContext, set: SetRef): Promise<void> {
  const { copies, sets } = materials;
  const read = sets.find(({ uid }) => uid === set.uid)?.configMaps ?? [];
  const { kind } = type.REPLICA_SET;
  const owner: OwnerReference = {
    apiVersion: apiVersionOf(type.REPLICA_SET),
    kind,
    name: set.name,
    uid: set.uid,
  };
  for (const { namespace, name, uid } of copies.filter((copy) => read.includes(copy.name))) {
    await client.jsonPatch({ type: type.CONFIG_MAP, namespace, name }, [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'replace', path: '/metadata/ownerReferences', value: [owner] },
    ]);
  }
}

async function explainHandBack(
  { client, materials: { deployment } }: ApplyContext,
  message: string,
): Promise<void> {
  if (!deployment || deployment.handBackNote === message) return;
  await client.mergePatch(
    { type: type.DEPLOYMENT, namespace: deployment.namespace, name: deployment.name },
    { metadata: { uid: deployment.uid, annotations: { [ANNOTATION.handBack]: message } } },
  );
}

async function finishAction(
  { client, clock, materials: { release } }: ApplyContext,
  effect: Extract<Effect, { kind: 'finishAction' }>,
): Promise<void> {
  await client.mergePatch(
    { type: type.RELEASE_ACTION, namespace: release.namespace, name: effect.action },
    {
      status: {
        phase: effect.phase,
        message: effect.message.slice(0, 2048),
        finishedAt: toText(clock.now()),
      },
    },
    { subresource: 'status' },
  );
}
