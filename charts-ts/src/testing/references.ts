// What rendered objects refer to by name, and whether it is there.
import type { V1Container, V1Volume } from '@kubernetes/client-node';
import type { Manifest } from '../manifest.ts';
import { containersOf, podTemplates, type PodTemplate } from '../pod-templates.ts';

/** `Kind namespace/name`; cluster-scoped kinds have an empty namespace. */
export type Reference = `${string} ${string}/${string}`;

export function reference(kind: string, namespace: string, name: string): Reference {
  return `${kind} ${namespace}/${name}`;
}

/** What is rendered, and the Secrets that are made from what is. */
export function rendered(objects: readonly Manifest[]): ReadonlySet<Reference> {
  const itself = ({ kind, metadata }: Manifest) => reference(kind, metadata.namespace ?? '', metadata.name);
  return new Set([...objects.map(itself), ...objects.flatMap(secretsFrom)]);
}

interface MakesSecret {
  readonly target?: { readonly name: string };
  readonly secretName?: string;
}

function secretsFrom(object: Manifest): Reference[] {
  const { kind, metadata, spec } = object;
  const { target, secretName } = (spec ?? {}) as MakesSecret;
  const names: Readonly<Record<string, string | undefined>> = {
    ExternalSecret: target?.name,
    SealedSecret: metadata.name,
    Certificate: secretName,
    Job: generatedBy(object),
  };
  const name = names[kind];
  return name === undefined ? [] : [reference('Secret', metadata.namespace ?? '', name)];
}

/* The Job of a generated Secret says its name. */
function generatedBy(object: Manifest): string | undefined {
  if (object.kind !== 'Job') return undefined;
  const [template] = podTemplates([object]);
  const env = template === undefined ? [] : containersOf(template).flatMap((one) => one.env ?? []);
  return env.find(({ name }) => name === 'GENERATE_NAME')?.value;
}

/** What `objects` need: of the pods, of bindings, of AppReleases, of budgets and Ingresses. */
export function needed(objects: readonly Manifest[]): readonly Reference[] {
  return [
    ...podTemplates(objects).flatMap(neededByPods),
    ...objects.flatMap(neededByBinding),
    ...objects.flatMap(neededByRelease),
    ...objects.flatMap(neededByPlace),
  ];
}

function neededByPods(template: PodTemplate): Reference[] {
  const { namespace, spec } = template;
  const account = spec.serviceAccountName;
  return [
    ...(account ? [reference('ServiceAccount', namespace, account)] : []),
    ...(spec.volumes ?? []).flatMap((volume) => neededByVolume(namespace, volume)),
    ...containersOf(template).flatMap((container) => neededByVariables(namespace, container)),
  ];
}

function neededByVolume(namespace: string, volume: V1Volume): Reference[] {
  const { secret, configMap, persistentVolumeClaim: claim } = volume;
  return [
    ...(secret?.secretName ? [reference('Secret', namespace, secret.secretName)] : []),
    ...(configMap?.name ? [reference('ConfigMap', namespace, configMap.name)] : []),
    ...(claim ? [reference('PersistentVolumeClaim', namespace, claim.claimName)] : []),
  ];
}

function neededByVariables(namespace: string, container: V1Container): Reference[] {
  return (container.env ?? []).flatMap(({ valueFrom }) => [
    ...(valueFrom?.secretKeyRef?.name
      ? [reference('Secret', namespace, valueFrom.secretKeyRef.name)]
      : []),
    ...(valueFrom?.configMapKeyRef?.name
      ? [reference('ConfigMap', namespace, valueFrom.configMapKeyRef.name)]
      : []),
  ]);
}

interface Binding {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

function neededByBinding(object: Manifest): Reference[] {
  if (!object.kind.endsWith('RoleBinding')) return [];
  const { roleRef, subjects } = object as Manifest & Binding;
  const home = roleRef.kind === 'Role' ? (object.metadata.namespace ?? '') : '';
  return [
    reference(roleRef.kind, home, roleRef.name),
    ...subjects.map(({ kind, namespace, name }) => reference(kind, namespace, name)),
  ];
}

interface Release {
  readonly workloadRef?: { readonly name: string };
  readonly traffic?: { readonly service: string };
}

function neededByRelease({ kind, metadata, spec }: Manifest): Reference[] {
  if (kind !== 'AppRelease') return [];
  const { workloadRef, traffic } = spec as Release;
  const namespace = metadata.namespace ?? '';
  return [
    ...(workloadRef ? [reference('Deployment', namespace, workloadRef.name)] : []),
    ...(traffic ? [reference('Service', namespace, traffic.service)] : []),
  ];
}

function neededByPlace({ metadata: { namespace } }: Manifest): Reference[] {
  return namespace === undefined ? [] : [reference('Namespace', '', namespace)];
}
