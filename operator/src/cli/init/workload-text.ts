// The Deployment and the Service of an application that has none yet, as commented YAML.
import { WRITTEN_SERVICE_PORT, type InitApp } from './app.ts';
import { flowMap, indented, metadataLines, scalar } from './yaml-text.ts';

/** The labels by which a new application's pods are known. */
export const labelsOfNew = (name: string): Record<string, string> => ({ app: name });

/** Undefined when the Deployment is there already. */
export function deploymentText(app: InitApp): string | undefined {
  if (app.workload.kind !== 'new') return undefined;
  const labels = flowMap(labelsOfNew(app.name));
  return `${[
    `# The pods of ${app.name}: a change of the template below is a release. Written by`,
    '# `kubectl slipway init`; it is yours from now on.',
    'apiVersion: apps/v1',
    'kind: Deployment',
    ...metadataLines(app.name, app.namespace),
    'spec:',
    '  # The AppRelease says how many pods serve. This Deployment never starts one of its own.',
    '  replicas: 0',
    '  selector:',
    `    matchLabels: ${labels}`,
    '  template:',
    '    metadata:',
    `      labels: ${labels}`,
    '    spec:',
    ...indented(podLines(app, app.workload), 6),
  ].join('\n')}\n`;
}

type NewWorkload = Extract<InitApp['workload'], { kind: 'new' }>;

function podLines(app: InitApp, workload: NewWorkload): string[] {
  return [
    '# Nothing here talks to the API server.',
    'automountServiceAccountToken: false',
    '# Longer than the pause below and your slowest request together.',
    'terminationGracePeriodSeconds: 30',
    'securityContext:',
    '  # A user that is not root. An image that can only run as its own user needs that number here.',
    '  runAsNonRoot: true',
    '  runAsUser: 1000',
    '  runAsGroup: 1000',
    '  fsGroup: 1000',
    '  seccompProfile: { type: RuntimeDefault }',
    'containers:',
    `  - name: ${scalar(app.name)}`,
    ...indented(containerLines(workload), 4),
    'volumes:',
    '  - name: tmp',
    '    emptyDir: { sizeLimit: 64Mi }',
  ];
}

function containerLines(workload: NewWorkload): string[] {
  return [
    '# Never a tag that moves: a rollback must find what it left.',
    `image: ${scalar(workload.image)}`,
    'ports:',
    ...portLines(workload),
    ...probeLines(workload),
    'lifecycle:',
    '  # Proxies need a moment to hear that the pod is going; until then it must go on answering.',
    '  preStop: { sleep: { seconds: 5 } }',
    'resources:',
    '  # A guess: measure, then correct. No limit for CPU, because a throttled pod misses its probes.',
    '  requests: { cpu: 100m, memory: 128Mi }',
    '  limits: { memory: 256Mi }',
    'securityContext:',
    '  allowPrivilegeEscalation: false',
    '  # /tmp below is the only place it can write to.',
    '  readOnlyRootFilesystem: true',
    '  capabilities: { drop: [ALL] }',
    'volumeMounts:',
    '  - { name: tmp, mountPath: /tmp }',
  ];
}

function portLines({ port, metricsPort }: NewWorkload): string[] {
  return [
    `  - { name: http, containerPort: ${port} }`,
    ...(metricsPort === undefined ? [] : [`  - { name: metrics, containerPort: ${metricsPort} }`]),
  ];
}

/* Without a page that tells, an open port is all that can be asked for. */
function probeLines({ healthPath }: NewWorkload): string[] {
  const asked =
    healthPath === undefined
      ? 'tcpSocket: { port: http }'
      : `httpGet: { path: ${scalar(healthPath)}, port: http }`;
  return [
    ...(healthPath === undefined
      ? ['# An open port is little to go by: with a page that tells, write httpGet: { path, port } here.']
      : []),
    '# A slow start is no crash: this is asked for up to a minute before anything else counts.',
    'startupProbe:',
    `  ${asked}`,
    '  periodSeconds: 1',
    '  failureThreshold: 60',
    '# Not ready means no traffic, and a candidate that loses it is taken back.',
    'readinessProbe:',
    `  ${asked}`,
    '  periodSeconds: 2',
    '  timeoutSeconds: 2',
    '  failureThreshold: 2',
    '# No livenessProbe: on a page that asks the database, every pod would be restarted when the database',
    '# is away. Add one on a page that asks nobody.',
  ];
}

/** Undefined when no Service has to be written. */
export function serviceText(app: InitApp): string | undefined {
  const { service } = app;
  if (service.kind !== 'written') return undefined;
  return `${[
    `# How clients inside the cluster reach ${app.name}. Written by \`kubectl slipway init\`.`,
    'apiVersion: v1',
    'kind: Service',
    ...metadataLines(app.name, app.namespace),
    'spec:',
    ...selectorLines(app, service.selector),
    '  ports:',
    `    - { name: http, port: ${WRITTEN_SERVICE_PORT}, targetPort: ${scalar(service.targetPort)} }`,
  ].join('\n')}\n`;
}

function selectorLines({ gateway }: InitApp, selector: Readonly<Record<string, string>>): string[] {
  return gateway === undefined
    ? [
        '  # The pods of both versions: the share of the candidate is its share of the pods.',
        `  selector: ${flowMap(selector)}`,
      ]
    : [
        '  # No selector: the operator keeps it at the stable pods, so that clients inside the cluster never',
        '  # meet the candidate.',
      ];
}
