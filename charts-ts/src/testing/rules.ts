// What holds for everything we render, as rules that name each object that breaks them.
import type { V1Container } from '@kubernetes/client-node';
import { parseSpec } from '../../../operator/src/api/parse.ts';
import { tagOf } from '../constructs/restricted-pod.ts';
import type { Manifest } from '../manifest.ts';
import { containersOf, nameOf, podTemplates, type PodTemplate } from '../pod-templates.ts';
import { needed, rendered, type Reference } from './references.ts';

/** One line for each thing that breaks the rule. */
export type Rule = (objects: readonly Manifest[]) => readonly string[];

/** Whether a pod is what the restricted pod security standard admits, and its user is numeric. */
export const podsAreRestricted: Rule = forEachTemplate((template) => {
  const { securityContext: pod, volumes = [] } = template.spec;
  const shares = template.spec.hostNetwork ?? template.spec.hostPID ?? template.spec.hostIPC ?? false;
  return [
    ...(pod?.runAsNonRoot === true ? [] : ['may run as root']),
    ...((pod?.runAsUser ?? 0) > 0 ? [] : ['has no numeric user']),
    ...(pod?.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
    ...(shares ? ["shares the node's namespaces"] : []),
    ...volumes.filter(({ hostPath }) => hostPath).map(({ name }) => `mounts the node at ${name}`),
    ...containersOf(template).flatMap(unrestricted),
  ];
});

function unrestricted({ name, securityContext: own, ports = [], volumeMounts = [] }: V1Container) {
  const drops = own?.capabilities?.drop ?? [];
  return [
    ...(own?.allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
    ...(own?.privileged === true ? [`${name} is privileged`] : []),
    ...(drops.includes('ALL') && !own?.capabilities?.add ? [] : [`${name} keeps capabilities`]),
    ...(own?.readOnlyRootFilesystem === true ? [] : [`${name} may write its image`]),
    ...(volumeMounts.some(({ mountPath }) => mountPath === '/tmp') ? [] : [`${name} has no /tmp`]),
    ...(ports.some(({ hostPort }) => hostPort) ? [`${name} takes a port of the node`] : []),
  ];
}

/** Only a program that talks to the API server gets a token, and by name. */
export const tokensAreRare: Rule = forEachTemplate(({ owner, spec }) => {
  if (spec.automountServiceAccountToken === false) return [];
  return /-operator$|-secret-init-|-restore-drill$/.test(owner) && spec.serviceAccountName ? [] : ['has a token'];
});

/** What serves is probed at start, for traffic and for life. */
export const serversAreProbed: Rule = forEachContainer(({ ports, ...probes }) => {
  if (ports === undefined) return [];
  return (['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
    .filter((name) => !(probes[name]?.httpGet ?? probes[name]?.exec))
    .map((name) => `has no ${name} that asks the program`);
});

/** Small stated requests, a memory limit, no CPU limit. */
export const resourcesAreStated: Rule = forEachContainer(({ resources }) => [
  ...(resources?.requests?.['cpu'] ? [] : ['requests no cpu']),
  ...(resources?.requests?.['memory'] ? [] : ['requests no memory']),
  ...(resources?.limits?.['memory'] ? [] : ['has no memory limit']),
  ...(resources?.limits?.['cpu'] ? ['has a cpu limit'] : []),
]);

/** The same image tomorrow, and no pull of what is there. */
export const imagesAreFixed: Rule = forEachContainer(({ image = '', imagePullPolicy }) => [
  ...([undefined, 'latest'].includes(tagOf(image)) ? [`image ${image} is not fixed`] : []),
  ...(imagePullPolicy === 'IfNotPresent' ? [] : [`pull policy is ${imagePullPolicy}`]),
]);

/** A workload selects its own pods and no other workload's; Services and budgets select some. */
export const selectorsMatch: Rule = (objects) => {
  const templates = podTemplates(objects);
  const selectors = objects.flatMap((object) => selectorsIn(object));
  return selectors.flatMap(({ owner, namespace, labels }) => {
    const matched = templates.filter((one) => one.namespace === namespace && matches(labels, one));
    const own = templates.find((one) => one.owner === owner);
    if (own === undefined) return matched.length > 0 ? [] : [`${owner} selects no pods`];
    return matched.length === 1 && matched[0] === own ? [] : [`${owner} selects ${matched.length} kinds of pods`];
  });
};

interface Selecting {
  readonly selector?: Record<string, string> & { readonly matchLabels?: Record<string, string> };
}

function selectorsIn(object: Manifest) {
  const selecting = ['Deployment', 'StatefulSet', 'Service', 'PodDisruptionBudget'];
  const { selector } = (object['spec'] ?? {}) as Selecting;
  if (!selecting.includes(object.kind) || selector === undefined) return [];
  const labels = object.kind === 'Service' ? selector : (selector.matchLabels ?? {});
  return [{ owner: nameOf(object), namespace: object.metadata.namespace ?? 'default', labels }];
}

function matches(labels: Record<string, string>, template: PodTemplate): boolean {
  return Object.entries(labels).every(([key, value]) => template.labels[key] === value);
}

/** Everything named is rendered too, or is one of `external`. */
export function referencesExist(external: readonly Reference[]): Rule {
  return (objects) => {
    const there = new Set([...rendered(objects), ...external]);
    return [...new Set(needed(objects))].filter((name) => !there.has(name)).map((name) => `${name} is nowhere`);
  };
}

/** No label or selector that says where in our source a thing was written. */
export const noHashes: Rule = forEachObject((object) =>
  JSON.stringify(object).includes('cdk8s.io/') ? ['carries a label of cdk8s'] : [],
);

/** Whoever applies an empty list owns it. A CRD's defaults are no lists of ours. */
export const noEmptyLists: Rule = forEachObject((object) =>
  object.kind !== 'CustomResourceDefinition' && JSON.stringify(object).includes('":[]')
    ? ['owns an empty list']
    : [],
);

/** No Secret, no credential in a variable, no password in a URL. */
export const noSecrets: Rule = (objects) => [
  ...objects.filter(({ kind }) => kind === 'Secret').map((object) => `${nameOf(object)} is rendered`),
  ...objects.flatMap((object) =>
    /:\/\/[^/:"\s]+:(?!\{\{random:)[^/"\s]+@/.test(JSON.stringify(object)) ? [`${nameOf(object)} has a password in a URL`] : [],
  ),
  ...forEachContainer(({ env = [] }) =>
    env
      .filter(({ name, value }) => value !== undefined && /PASSWORD$|SECRET|TOKEN|_URL$/.test(name))
      .map(({ name }) => `${name} is in the clear`),
  )(objects),
];

/** Whoever else decides the number of pods finds no number in git. */
export const drivenDeploymentsSayNothing: Rule = (objects) => {
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  const driven = new Set(objects.flatMap(drivenBy));
  return deployments
    .filter(({ metadata }) => driven.has(`${metadata.namespace}/${metadata.name}`))
    .filter(({ spec }) => ((spec as { replicas?: number }).replicas ?? 0) !== 0)
    .map((object) => `${nameOf(object)} states replicas that somebody else decides`);
};

interface Driver {
  readonly workloadRef?: { readonly name: string };
  readonly scaleTargetRef?: { readonly name: string };
}

function drivenBy({ metadata, spec }: Manifest): string[] {
  const { workloadRef, scaleTargetRef } = (spec ?? {}) as Driver;
  const name = workloadRef?.name ?? scaleTargetRef?.name;
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}

interface CronJobSpec {
  readonly timeZone?: string;
  readonly startingDeadlineSeconds?: number;
  readonly concurrencyPolicy?: string;
  readonly jobTemplate: {
    readonly spec: {
      readonly backoffLimit?: number;
      readonly activeDeadlineSeconds?: number;
      readonly ttlSecondsAfterFinished?: number;
    };
  };
}

/** A nightly Job is not missed, not run twice, and comes to an end. */
export const cronJobsEnd: Rule = forEachObject((object) => {
  if (object.kind !== 'CronJob') return [];
  const spec = object['spec'] as CronJobSpec;
  const job = spec.jobTemplate.spec;
  return [
    ...(spec.timeZone ? [] : ['has no time zone']),
    ...((spec.startingDeadlineSeconds ?? 0) >= 3600 ? [] : ['is missed when a controller is late']),
    ...(spec.concurrencyPolicy === 'Forbid' ? [] : ['may run twice at once']),
    ...(job.backoffLimit === 2 ? [] : ['is tried again too often']),
    ...(job.activeDeadlineSeconds ? [] : ['never ends']),
    ...(job.ttlSecondsAfterFinished ? [] : ['is never cleaned up']),
  ];
});

/** The operator would accept every AppRelease. */
export const releasesMakeSense: Rule = forEachObject(({ kind, spec }) => {
  if (kind !== 'AppRelease') return [];
  const parsed = parseSpec(spec);
  return parsed.kind === 'valid' ? [] : parsed.violations.map(({ field, message }) => `${field}: ${message}`);
});

const OF_THE_CLUSTER = [
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Namespace',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

/** What is in a namespace names it, so that the caller's own is never meant; the rest names none. */
export const namespacesAreNamed: Rule = forEachObject(({ kind, metadata: { namespace } }) => {
  if (OF_THE_CLUSTER.includes(kind)) return namespace ? ['is in no namespace, yet names one'] : [];
  return namespace ? [] : ['names no namespace'];
});

/** No object is written twice. */
export const objectsAreUnique: Rule = (objects) => {
  const seen = new Set<string>();
  return objects.flatMap((object) => {
    const key = `${nameOf(object)} in ${object.metadata.namespace ?? 'the cluster'}`;
    const again = seen.has(key);
    seen.add(key);
    return again ? [`${key} is there twice`] : [];
  });
};

function forEachObject(broken: (object: Manifest) => readonly string[]): Rule {
  return (objects) =>
    objects.flatMap((object) => broken(object).map((message) => `${nameOf(object)} ${message}`));
}

function forEachTemplate(broken: (template: PodTemplate) => readonly string[]): Rule {
  return (objects) =>
    podTemplates(objects).flatMap((one) => broken(one).map((message) => `${one.owner} ${message}`));
}

function forEachContainer(broken: (container: V1Container) => readonly string[]): Rule {
  return forEachTemplate((template) =>
    containersOf(template).flatMap((one) => broken(one).map((message) => `${one.name} ${message}`)),
  );
}
