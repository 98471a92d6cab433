// The pod templates in rendered objects, whatever kind they are in.
import type { V1Container, V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';

export interface PodTemplate {
  /** `Kind name` of the object it is in, for messages. */
  readonly owner: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: V1PodSpec;
  /** What the owner selects its pods by; undefined for Jobs. */
  readonly selector: Readonly<Record<string, string>> | undefined;
}

interface Workload {
  readonly template?: V1PodTemplateSpec;
  readonly selector?: { readonly matchLabels?: Record<string, string> };
  readonly jobTemplate?: { readonly spec: { readonly template: V1PodTemplateSpec } };
}

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];
/* A release may hold its template itself. */
const RELEASE = 'AppRelease';

/** The templates in `objects`, in their order. */
export function podTemplates(objects: readonly Manifest[]): readonly PodTemplate[] {
  return objects
    .filter(({ kind, spec }) => WORKLOADS.includes(kind) || (kind === RELEASE && hasTemplate(spec)))
    .map(templateOf);
}

export function containersOf({ spec }: PodTemplate): readonly V1Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

function hasTemplate(spec: unknown): boolean {
  return (spec as Workload).template !== undefined;
}

function templateOf(object: Manifest): PodTemplate {
  const workload = object['spec'] as Workload;
  const template = workload.template ?? workload.jobTemplate?.spec.template;
  if (template?.spec === undefined) throw new Error(`no pod template in ${nameOf(object)}`);
  return {
    owner: nameOf(object),
    namespace: object.metadata.namespace ?? 'default',
    labels: template.metadata?.labels ?? {},
    spec: template.spec,
    selector: workload.selector?.matchLabels,
  };
}

/** `Kind name`. */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}
