// What is kept of each object: a dozen fields. Everything else is dropped at the door.
import {
  POD_TEMPLATE_HASH,
  ANNOTATION,
  FIELD_MANAGER,
  LABEL,
  REPLICAS_FIELD_MANAGER,
} from '../api/labels.ts';
import type { Keyed } from '../kube/cache.ts';
import { createInterner } from '../kube/intern.ts';
import type { ObjectMeta, OwnerReference, RawObject } from '../kube/resource.ts';
import { type Instant, fromText, instant } from '../lib/instant.ts';
import { type JsonObject, list, number, record, text } from '../lib/json.ts';
import { type PodTemplate, configMapNames, imagesOf } from '../rollout/revision.ts';
import type { Outcome, PodTrouble } from '../rollout/snapshot.ts';
import { lastWords } from './last-words.ts';
import { podTrouble } from './pod-trouble.ts';
import { identityOf } from './template-identity.ts';

const { intern } = createInterner();

export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

interface Base extends Keyed {
  readonly owner?: Owner;
}

function base({ metadata }: RawObject): Base {
  const owner = ownerOf(metadata);
  return {
    namespace: intern(metadata.namespace ?? ''),
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    ...(owner ? { owner } : {}),
  };
}

function ownerOf(metadata: ObjectMeta): Owner | undefined {
  const controller = metadata.ownerReferences?.find((owner: OwnerReference) => owner.controller);
  return (
    controller && {
      kind: intern(controller.kind),
      name: intern(controller.name),
      uid: intern(controller.uid),
    }
  );
}

function moment(value: unknown): Instant | undefined {
  return typeof value === 'string' ? fromText(value) : undefined;
}

export interface ReleaseObject extends Keyed {
  readonly generation: number;
  readonly createdAt: Instant;
  readonly isDeleted: boolean;
  readonly finalizers: readonly string[];
  readonly instance: string;
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

export function projectRelease(raw: RawObject): ReleaseObject {
  const { metadata } = raw;
  return {
    ...base(raw),
    generation: metadata.generation ?? 0,
    createdAt: moment(metadata.creationTimestamp) ?? instant(0),
    isDeleted: metadata.deletionTimestamp !== undefined,
    finalizers: metadata.finalizers ?? [],
    instance: metadata.labels?.[LABEL.instance] ?? 'slipway',
    spec: record(raw['spec']),
    status: record(raw['status']),
  };
}

export interface ActionObject extends Keyed {
  readonly createdAt: Instant;
  readonly spec: JsonObject;
  readonly phase?: string;
  readonly finishedAt?: Instant;
}

export function projectAction(raw: RawObject): ActionObject {
  const status = record(raw['status']);
  const phase = text(status['phase']);
  const finishedAt = moment(status['finishedAt']);
  return {
    ...base(raw),
    createdAt: moment(raw.metadata.creationTimestamp) ?? instant(0),
    spec: record(raw['spec']),
    ...(phase === undefined ? {} : { phase }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}

export interface DeploymentObject extends Keyed {
  readonly generation: number;
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly paused: boolean;
  readonly pausedByUs: boolean;
  readonly replicasOwners: readonly string[];
  readonly isMidRollout: boolean;
  /** Why an earlier hand-back left it paused. */
  readonly handBackNote?: string;
  readonly revision: number;
  readonly selector: Readonly<Record<string, string>>;
  readonly template: PodTemplate;
}

export function projectDeployment(raw: RawObject): DeploymentObject {
  const spec = record(raw['spec']);
  const status = record(raw['status']);
  const replicas = number(spec['replicas']) ?? 1;
  const updated = number(status['updatedReplicas']) ?? 0;
  const total = number(status['replicas']) ?? 0;
  const handBackNote = raw.metadata.annotations?.[ANNOTATION.handBack];
  return {
    ...base(raw),
    ...(handBackNote === undefined ? {} : { handBackNote }),
    generation: raw.metadata.generation ?? 0,
    observedGeneration: number(status['observedGeneration']) ?? 0,
    replicas,
    paused: spec['paused'] === true,
    pausedByUs: spec['paused'] === true && managersOf(raw, 'paused').includes(FIELD_MANAGER),
    replicasOwners: managersOf(raw, 'replicas').filter((name) => name !== REPLICAS_FIELD_MANAGER),
    isMidRollout: updated !== replicas || total !== replicas,
    revision: Number(raw.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 1),
    selector: labelsOf(record(spec['selector'])['matchLabels']),
    template: record(spec['template']),
  };
}

/* Which field managers own `spec.<field>`, by the server's own bookkeeping. */
function managersOf({ metadata }: RawObject, field: string): string[] {
  return list(metadata.managedFields)
    .map(record)
    .filter((entry) => record(record(entry['fieldsV1'])['f:spec'])[`f:${field}`] !== undefined)
    .map((entry) => text(entry['manager']) ?? '?');
}

function labelsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    ),
  );
}

export interface ReplicaSetObject extends Base {
  readonly generation: number;
  readonly replicas: number;
  readonly hash: string;
  readonly revision: number;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly adoptedConfig?: string;
  readonly creationFailure?: string;
  readonly selector: Readonly<Record<string, string>>;
  /** Digest of the template's content, made here at every read. */
  readonly templateDigest: string;
  readonly images: readonly string[];
  /** ConfigMaps its pods read: copies, where its revision has its own. */
  readonly configMaps: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly probePaths: readonly string[];
  /** How often the kubelet asks a running pod over HTTP. */
  readonly probesPerSecond: number;
  readonly createdAt: Instant;
}

const OUTCOMES: readonly string[] = ['candidate', 'stable', 'failed', 'undone', 'superseded'];

export function projectReplicaSet(raw: RawObject): ReplicaSetObject {
  const spec = record(raw['spec']);
  const template = record(spec['template']);
  const annotations = raw.metadata.annotations ?? {};
  const outcome = annotations[ANNOTATION.outcome] ?? '';
  const reason = annotations[ANNOTATION.reason];
  const adoptedConfig = annotations[ANNOTATION.adoptedConfig];
  const creationFailure = replicaFailure(raw);
  return {
    ...base(raw),
    generation: raw.metadata.generation ?? 0,
    replicas: number(spec['replicas']) ?? 1,
    hash: raw.metadata.labels?.[POD_TEMPLATE_HASH] ?? '',
    revision: Number(
      annotations[ANNOTATION.revision] ?? annotations['deployment.kubernetes.io/revision'] ?? 0,
    ),
    outcome: isOutcome(outcome) ? outcome : 'superseded',
    ...(reason === undefined ? {} : { reason }),
    ...(adoptedConfig === undefined ? {} : { adoptedConfig }),
    ...(creationFailure === undefined ? {} : { creationFailure }),
    selector: labelsOf(record(spec['selector'])['matchLabels']),
    templateDigest: identityOf(template).digest,
    images: imagesOf(template).map(intern),
    configMaps: configMapNames(template).map(intern),
    ports: portsOf(template),
    probePaths: probePathsOf(template),
    probesPerSecond: probesPerSecondOf(template),
    createdAt: moment(raw.metadata.creationTimestamp) ?? instant(0),
  };
}

function isOutcome(value: string): value is Outcome {
  return OUTCOMES.includes(value);
}

function replicaFailure(raw: RawObject): string | undefined {
  const condition = list(record(raw['status'])['conditions'])
    .map(record)
    .find((one) => one['type'] === 'ReplicaFailure' && one['status'] === 'True');
  return condition && (text(condition['message']) ?? 'pods cannot be created').slice(0, 512);
}

function containersOf(template: PodTemplate): readonly JsonObject[] {
  return list(record(template['spec'])['containers']).map(record);
}

function portsOf(template: PodTemplate): Record<string, number> {
  const found: Record<string, number> = {};
  for (const port of containersOf(template).flatMap((container) =>
    list(container['ports']).map(record),
  )) {
    const value = number(port['containerPort']);
    const name = text(port['name']);
    if (name !== undefined && value !== undefined) found[name] = value;
  }
  return found;
}

function probePathsOf(template: PodTemplate): string[] {
  return containersOf(template)
    .flatMap((container) =>
      ['startupProbe', 'readinessProbe', 'livenessProbe'].map(
        (probe) => record(record(container[probe])['httpGet'])['path'],
      ),
    )
    .filter((path): path is string => typeof path === 'string');
}

/* The startup probe is over by the time a pod is Ready. */
function probesPerSecondOf(template: PodTemplate): number {
  return containersOf(template)
    .flatMap((container) => [record(container['readinessProbe']), record(container['livenessProbe'])])
    .filter((probe) => probe['httpGet'] !== undefined)
    .reduce((sum, probe) => sum + 1 / Math.max(1, number(probe['periodSeconds']) ?? 10), 0);
}

export interface PodObject extends Base {
  readonly isReady: boolean;
  readonly readyChangedAt: Instant;
  readonly isTerminating: boolean;
  readonly isFinished: boolean;
  readonly createdAt: Instant;
  readonly restarts: number;
  readonly ip?: string;
  readonly trouble?: PodTrouble;
  /** What a crashed container of it said last. */
  readonly lastWords?: string;
}

export function projectPod(raw: RawObject): PodObject {
  const status = record(raw['status']);
  const ready = list(status['conditions'])
    .map(record)
    .find((condition) => condition['type'] === 'Ready');
  const createdAt = moment(raw.metadata.creationTimestamp) ?? instant(0);
  const ip = text(status['podIP']);
  const trouble = podTrouble(raw);
  const said = lastWords(raw);
  const restarts = list(status['containerStatuses'])
    .map((container) => number(record(container)['restartCount']) ?? 0)
    .reduce((sum, count) => sum + count, 0);
  return {
    ...base(raw),
    isReady: ready?.['status'] === 'True',
    readyChangedAt: moment(ready?.['lastTransitionTime']) ?? createdAt,
    isTerminating: raw.metadata.deletionTimestamp !== undefined,
    isFinished: status['phase'] === 'Failed' || status['phase'] === 'Succeeded',
    createdAt,
    restarts,
    ...(ip === undefined ? {} : { ip }),
    ...(trouble === undefined ? {} : { trouble }),
    ...(said === undefined ? {} : { lastWords: said }),
  };
}

export interface ServiceObject extends Base {
  /** Ours once, let go at a hand-back, and nobody's since. */
  readonly isLetGo: boolean;
  readonly release?: string;
  readonly spec: JsonObject;
  readonly selectorOwners: readonly string[];
}

export function projectService(raw: RawObject): ServiceObject {
  const { ports, selector } = record(raw['spec']);
  const release = raw.metadata.labels?.[LABEL.release];
  return {
    ...base(raw),
    isLetGo: isLetGo(raw),
    ...(release === undefined ? {} : { release }),
    spec: { ports, selector },
    selectorOwners: managersOf(raw, 'selector').filter((name) => name !== FIELD_MANAGER),
  };
}

export interface EndpointSliceObject extends Base {
  readonly service: string;
  readonly release?: string;
  readonly readyPods: readonly string[];
}

export function projectEndpointSlice(raw: RawObject): EndpointSliceObject {
  const release = raw.metadata.labels?.[LABEL.release];
  const readyPods = list(raw['endpoints'])
    .map(record)
    .filter((endpoint) => record(endpoint['conditions'])['ready'] !== false)
    .map((endpoint) => text(record(endpoint['targetRef'])['name']))
    .filter((name): name is string => name !== undefined);
  return {
    ...base(raw),
    service: raw.metadata.labels?.['kubernetes.io/service-name'] ?? '',
    ...(release === undefined ? {} : { release }),
    readyPods,
  };
}

export interface RouteObject extends Base {
  /** Ours once, let go at a hand-back, and nobody's since. */
  readonly isLetGo: boolean;
  readonly generation: number;
  readonly release?: string;
  /** As we noted it on a route of ours. */
  readonly weightSetAt?: Instant;
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

export function projectRoute(raw: RawObject): RouteObject {
  const release = raw.metadata.labels?.[LABEL.release];
  const weightSetAt = moment(raw.metadata.annotations?.[ANNOTATION.weightSetAt]);
  return {
    ...base(raw),
    isLetGo: isLetGo(raw),
    generation: raw.metadata.generation ?? 0,
    ...(release === undefined ? {} : { release }),
    ...(weightSetAt === undefined ? {} : { weightSetAt }),
    spec: record(raw['spec']),
    status: record(raw['status']),
  };
}

function isLetGo({ metadata }: RawObject): boolean {
  return ownerOf(metadata) === undefined && metadata.labels?.[LABEL.managedBy] === 'slipway';
}

export interface AutoscalerObject extends Keyed {
  readonly targetKind: string;
  readonly targetName: string;
}

export function projectAutoscaler(raw: RawObject): AutoscalerObject {
  const target = record(record(raw['spec'])['scaleTargetRef']);
  return {
    ...base(raw),
    targetKind: text(target['kind']) ?? '',
    targetName: text(target['name']) ?? '',
  };
}

export type ConfigMapObject = Base;

/** ConfigMaps are watched without their content; it is read when a release refers to them. */
export function projectConfigMap(raw: RawObject): ConfigMapObject {
  return base(raw);
}
