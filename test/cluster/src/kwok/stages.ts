// What fake pods and nodes go through: kwok Stages, as data. The label below makes a pod misbehave
// the way a real kubelet would report it.
//
//   (no label)      Pending --0.1 s--> Running, Ready
//   never-ready     Pending ---------> Running, never Ready
//   image-missing   Pending: ErrImagePull --1 s--> ImagePullBackOff --3 s--> ErrImagePull ...
//   config-error    Pending: CreateContainerConfigError
//   crash-loop      Running --0.3 s--> CrashLoopBackOff --1 s--> Running, one restart more ...
//   flap            Running, Ready <--1 s--> Running, not Ready

/** Label of a pod (template) that selects one of `BEHAVIOURS`. */
export const BEHAVIOUR_LABEL = 'test.slipway.dev/behaviour';

/** Annotation of a pod: how long it takes to become Ready, as a Go duration such as "3s". */
export const READY_AFTER_ANNOTATION = 'test.slipway.dev/ready-after';

export const BEHAVIOURS = ['never-ready', 'crash-loop', 'image-missing', 'flap', 'config-error'] as const;

export type Behaviour = (typeof BEHAVIOURS)[number];

/** Restarts after which a crashing pod stays in its back-off. */
export const MOST_RESTARTS = 5;

const READY_AFTER_MS = 100;

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

type StageSpec = {
  readonly name: string;
  readonly kind: 'Pod' | 'Node';
  readonly when: readonly Expression[];
  readonly delayMs?: number;
  readonly delayFrom?: string;
  readonly next: Readonly<Record<string, unknown>>;
};

/** All stages as kwok reads them. */
export const kwokStages = (): readonly object[] =>
  [...nodeStages(), ...wellBehavedPods(), ...misbehavingPods()].map(renderStage);

const renderStage = (stage: StageSpec): object => ({
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: stage.name },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: stage.kind },
    selector: { matchExpressions: stage.when },
    ...(stage.delayMs === undefined
      ? {}
      : {
          delay: {
            durationMilliseconds: stage.delayMs,
            ...(stage.delayFrom === undefined ? {} : { durationFrom: { expressionFrom: stage.delayFrom } }),
          },
        }),
    next: stage.next,
  },
});

const is = (key: string, ...values: readonly string[]): Expression => ({ key, operator: 'In', values });
const isNot = (key: string, ...values: readonly string[]): Expression => ({ key, operator: 'NotIn', values });
const exists = (key: string): Expression => ({ key, operator: 'Exists' });
const isMissing = (key: string): Expression => ({ key, operator: 'DoesNotExist' });

const LIVES = isMissing('.metadata.deletionTimestamp');
const PHASE = '.status.phase';
const READY = '.status.conditions.[] | select( .type == "Ready" ) | .status';
const WAITING = '.status.containerStatuses.[].state.waiting.reason';
const STATUS_OF_CONTAINER = '.status.containerStatuses.[].name';
const behaves = (...values: readonly Behaviour[]): Expression =>
  is(`.metadata.labels["${BEHAVIOUR_LABEL}"]`, ...values);
const behavesWell = isNot(`.metadata.labels["${BEHAVIOUR_LABEL}"]`, ...BEHAVIOURS);

const wellBehavedPods = (): readonly StageSpec[] => [
  {
    name: 'pod-ready', kind: 'Pod',
    when: [LIVES, behavesWell, is(PHASE, 'Pending'), isNot(READY, 'True')],
    delayMs: READY_AFTER_MS,
    delayFrom: `.metadata.annotations["${READY_AFTER_ANNOTATION}"]`,
    next: status({ phase: 'Running', ready: true, container: running('0') }),
  },
  {
    name: 'pod-complete', kind: 'Pod',
    when: [LIVES, behavesWell, is(PHASE, 'Running'), is('.metadata.ownerReferences.[].kind', 'Job')],
    next: status({ phase: 'Succeeded', ready: false, container: terminated(0, 'Completed') }),
  },
  { name: 'pod-delete', kind: 'Pod', when: [exists('.metadata.deletionTimestamp')], next: { delete: true } },
];

const misbehavingPods = (): readonly StageSpec[] => [
  {
    name: 'pod-never-ready', kind: 'Pod',
    when: [LIVES, behaves('never-ready'), is(PHASE, 'Pending')],
    delayMs: READY_AFTER_MS,
    next: status({ phase: 'Running', ready: false, container: running('0') }),
  },
  {
    name: 'pod-config-error', kind: 'Pod',
    when: [LIVES, behaves('config-error'), isMissing(STATUS_OF_CONTAINER)],
    delayMs: READY_AFTER_MS,
    next: status({
      phase: 'Pending', ready: false,
      container: waiting('CreateContainerConfigError', 'configmap \\"missing\\" not found'),
    }),
  },
  ...imageMissing(),
  ...crashLoop(),
  ...flap(),
];

const imageMissing = (): readonly StageSpec[] => {
  const reference = '{{ $container.image }}';
  const pull = `failed to pull and unpack image \\"${reference}\\": failed to resolve reference \\"${reference}\\": ${reference}: not found`;
  const error = waiting('ErrImagePull', pull);
  const backOff = waiting('ImagePullBackOff', `Back-off pulling image \\"${reference}\\": ErrImagePull: ${pull}`);
  const pending = { phase: 'Pending', ready: false } as const;
  const when = [LIVES, behaves('image-missing')];
  return [
    {
      name: 'pod-image-missing', kind: 'Pod', when: [...when, isMissing(STATUS_OF_CONTAINER)],
      delayMs: READY_AFTER_MS, next: status({ ...pending, container: error }),
    },
    {
      name: 'pod-image-back-off', kind: 'Pod', when: [...when, is(WAITING, 'ErrImagePull')],
      delayMs: 1000, next: status({ ...pending, container: backOff }),
    },
    {
      name: 'pod-image-again', kind: 'Pod', when: [...when, is(WAITING, 'ImagePullBackOff')],
      delayMs: 3000, next: status({ ...pending, container: error }),
    },
  ];
};

const crashLoop = (): readonly StageSpec[] => {
  const when = [LIVES, behaves('crash-loop')];
  const backOff = waiting(
    'CrashLoopBackOff',
    'back-off 10s restarting failed container={{ $container.name }}',
    '{{ int $before.restartCount }}',
  );
  const lastRun = ['lastState:', ...terminatedState(1, 'Error').map(indent)];
  const isExhausted = `.status.containerStatuses.[] | select( .restartCount >= ${MOST_RESTARTS} ) | .name`;
  return [
    {
      name: 'pod-crash-first', kind: 'Pod', when: [...when, isMissing(STATUS_OF_CONTAINER)],
      delayMs: READY_AFTER_MS,
      next: status({ phase: 'Running', ready: false, container: running('0') }),
    },
    {
      name: 'pod-crash', kind: 'Pod',
      when: [...when, exists('.status.containerStatuses.[].state.running.startedAt')],
      delayMs: 300,
      next: status({ phase: 'Running', ready: false, container: [...backOff, ...lastRun] }),
    },
    {
      name: 'pod-crash-again', kind: 'Pod',
      when: [...when, is(WAITING, 'CrashLoopBackOff'), isMissing(isExhausted)],
      delayMs: 1000,
      next: status({
        phase: 'Running', ready: false,
        container: [...running('{{ add1 (int $before.restartCount) }}'), ...lastRun],
      }),
    },
  ];
};

const flap = (): readonly StageSpec[] => {
  const when = [LIVES, behaves('flap')];
  const up = status({ phase: 'Running', ready: true, container: running('0') });
  const down = status({ phase: 'Running', ready: false, container: running('0') });
  return [
    { name: 'pod-flap-first', kind: 'Pod', when: [...when, is(PHASE, 'Pending')], delayMs: READY_AFTER_MS, next: up },
    { name: 'pod-flap-down', kind: 'Pod', when: [...when, is(PHASE, 'Running'), is(READY, 'True')], delayMs: 1000, next: down },
    { name: 'pod-flap-up', kind: 'Pod', when: [...when, is(PHASE, 'Running'), is(READY, 'False')], delayMs: 1000, next: up },
  ];
};

type Lines = readonly string[];

const indent = (line: string): string => `  ${line}`;

const running = (restarts: string): Lines => [
  'ready: %READY%', 'started: true', `restartCount: ${restarts}`,
  'state:', '  running:', '    startedAt: {{ $now | Quote }}',
];

const waiting = (reason: string, message: string, restarts = '0'): Lines => [
  'ready: false', 'started: false', `restartCount: ${restarts}`,
  'state:', '  waiting:', `    reason: ${reason}`, `    message: "${message}"`,
];

const terminated = (exitCode: number, reason: string): Lines => [
  'ready: false', 'started: false', 'restartCount: 0',
  'state:', ...terminatedState(exitCode, reason).map(indent),
];

const terminatedState = (exitCode: number, reason: string): Lines => [
  'terminated:', `  exitCode: ${exitCode}`, `  reason: ${reason}`,
  '  startedAt: {{ $now | Quote }}', '  finishedAt: {{ $now | Quote }}',
];

type PodStatus = {
  readonly phase: 'Pending' | 'Running' | 'Succeeded';
  readonly ready: boolean;
  readonly container: Lines;
};

/** A template for the status of a pod, in which every container is in the same state. */
const status = ({ phase, ready, container }: PodStatus): { readonly statusTemplate: string } => {
  const because = ready || phase === 'Succeeded'
    ? []
    : ['  reason: ContainersNotReady', '  message: containers with unready status'];
  const condition = (type: string, isTrue: boolean, ...more: readonly string[]): Lines => {
    const value = isTrue ? 'True' : 'False';
    return [
      // As a kubelet does: the time of the last change stays while the status stays.
      '{{ $since := $now }}',
      '{{ range $root.status.conditions }}',
      `{{ if and ( eq .type "${type}" ) ( eq .status "${value}" ) .lastTransitionTime }}`,
      '{{ $since = .lastTransitionTime }}',
      '{{ end }}', '{{ end }}',
      `- type: ${type}`, `  status: "${value}"`, '  lastTransitionTime: {{ $since | Quote }}', ...more,
    ];
  };
  const lines = [
    '{{ $now := Now }}',
    '{{ $root := . }}',
    `phase: ${phase}`,
    'startTime: {{ or .status.startTime $now | Quote }}',
    'conditions:',
    ...condition('PodReadyToStartContainers', true),
    ...condition('Initialized', true),
    ...condition('ContainersReady', ready, ...because),
    ...condition('Ready', ready, ...because),
    '{{ range .spec.readinessGates }}',
    '- type: {{ .conditionType | Quote }}', '  status: "True"',
    '  lastTransitionTime: {{ $now | Quote }}',
    '{{ end }}',
    'containerStatuses:',
    '{{ range $index, $container := .spec.containers }}',
    '{{ $before := dict "restartCount" 0 }}',
    '{{ if $root.status.containerStatuses }}',
    '{{ $before = index $root.status.containerStatuses $index }}',
    '{{ end }}',
    '- name: {{ $container.name | Quote }}',
    '  image: {{ $container.image | Quote }}',
    '  imageID: {{ $container.image | Quote }}',
    ...container.map((line) => indent(line).replace('%READY%', String(ready))),
    '{{ end }}',
    ...ADDRESSES,
  ];
  return { statusTemplate: `${lines.join('\n')}\n` };
};

/** Only once: lists of addresses are merged, and a second address of the same family is refused. */
const ADDRESSES: Lines = [
  '{{ if not .status.podIP }}',
  '{{ with NodeIPWith .spec.nodeName }}',
  'hostIP: {{ . | Quote }}', 'hostIPs:', '- ip: {{ . | Quote }}',
  '{{ end }}',
  '{{ with PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}',
  'podIP: {{ . | Quote }}', 'podIPs:', '- ip: {{ . | Quote }}',
  '{{ end }}',
  '{{ end }}',
];

const NODE_CONDITIONS: Lines = [
  '{{ $now := Now }}',
  'phase: Running',
  'conditions:',
  '{{ range NodeConditions }}',
  '- type: {{ .type | Quote }}',
  '  status: {{ .status | Quote }}',
  '  reason: {{ .reason | Quote }}',
  '  message: {{ .message | Quote }}',
  '  lastHeartbeatTime: {{ $now | Quote }}',
  '  lastTransitionTime: {{ $now | Quote }}',
  '{{ end }}',
];

const nodeStages = (): readonly StageSpec[] => [
  {
    name: 'node-initialize', kind: 'Node', when: [isNot(READY, 'True')],
    next: { statusTemplate: `${NODE_CONDITIONS.join('\n')}\n` },
  },
];
