// Pods that the restricted pod security standard admits: a numeric user that is not root, a
// read-only root filesystem with /tmp in memory of the node, stated requests, a memory limit, and no
// CPU limit, because a throttled program misses its probes.
import { Duration, Size } from 'cdk8s';
import {
  ConfigMap,
  Cpu,
  Env,
  FsGroupChangePolicy,
  ImagePullPolicy,
  LabelSelector,
  ServiceAccount,
  Volume,
  type ContainerPort,
  type ContainerProps,
  type EnvValue,
  type Probe,
  type RestartPolicy,
  type VolumeMount,
  type WorkloadProps,
} from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { labelsOf, type Identity } from './labels.ts';

/** What a container asks for and may have at most. */
export interface Resources {
  /** CPU it is scheduled with, in thousandths. */
  readonly cpuRequestMillis: number;
  /** Memory it is scheduled with, in MiB. */
  readonly memoryRequestMebibytes: number;
  /** Memory at which it is killed, in MiB. */
  readonly memoryLimitMebibytes: number;
}

/** The one program of a pod. */
export interface ProgramProps {
  /** Of the container. */
  readonly name: string;
  readonly image: string;
  readonly resources: Resources;
  /** Numeric user, group and group of the volumes. @default 1000 */
  readonly uid?: number;
  /** What is run. @default - the image's own */
  readonly command?: readonly string[];
  /** @default - the image's own */
  readonly args?: readonly string[];
  /** @default - none */
  readonly env?: Readonly<Record<string, EnvValue>>;
  /** ConfigMap whose keys all become variables. @default - none */
  readonly configMap?: string;
  /** @default - none but /tmp */
  readonly mounts?: readonly VolumeMount[];
  /** @default - it does not serve */
  readonly serves?: Serving;
}

/** Ports and probes of a program that answers requests. */
export interface Serving {
  readonly ports: readonly ContainerPort[];
  readonly startup: Probe;
  readonly readiness: Probe;
  readonly liveness: Probe;
}

export interface RestrictedPodProps {
  readonly identity: Identity;
  readonly program: ProgramProps;
  /** Seconds between SIGTERM and SIGKILL. @default 30 */
  readonly graceSeconds?: number;
  /** Name of the account. @default - the namespace's default account */
  readonly serviceAccount?: string;
  /** Whether the program talks to the API server. @default false */
  readonly needsToken?: boolean;
  /** @default - what the workload's kind demands */
  readonly restartPolicy?: RestartPolicy;
}

const TMP_MEBIBYTES = 64;
const DEFAULT_UID = 1000;

/**
 * What the workloads of cdk8s-plus take for a restricted pod. `restrictPods` adds what they do not
 * take; call `selectOwn` where the workload selects pods.
 */
export function restrictedPod(scope: Construct, props: RestrictedPodProps): WorkloadProps {
  const uid = props.program.uid ?? DEFAULT_UID;
  return {
    metadata: { labels: labelsOf(props.identity) },
    podMetadata: { labels: labelsOf(props.identity) },
    select: false,
    containers: [container(scope, props)],
    securityContext: {
      user: uid,
      group: uid,
      fsGroup: uid,
      // PostgreSQL refuses a folder whose mode a restart has widened, and large volumes take long.
      fsGroupChangePolicy: FsGroupChangePolicy.ON_ROOT_MISMATCH,
    },
    terminationGracePeriod: Duration.seconds(props.graceSeconds ?? 30),
    automountServiceAccountToken: props.needsToken ?? false,
    ...(props.serviceAccount ? { serviceAccount: account(scope, props.serviceAccount) } : {}),
    ...(props.restartPolicy ? { restartPolicy: props.restartPolicy } : {}),
  };
}

/** Selects the pods by the labels that people chose. */
export function selectOwn(workload: { select(by: LabelSelector): void }, identity: Identity): void {
  workload.select(LabelSelector.of({ labels: labelsOf(identity) }));
}

function account(scope: Construct, name: string) {
  return ServiceAccount.fromServiceAccountName(scope, 'PodAccount', name);
}

function container(scope: Construct, { program }: RestrictedPodProps): ContainerProps {
  const tmp = Volume.fromEmptyDir(scope, 'Tmp', 'tmp', { sizeLimit: Size.mebibytes(TMP_MEBIBYTES) });
  const { command, args, env, configMap, serves, mounts = [], uid = DEFAULT_UID } = program;
  return {
    name: program.name,
    image: program.image,
    imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
    resources: sized(program.resources),
    securityContext: { user: uid, group: uid, ensureNonRoot: true, readOnlyRootFilesystem: true },
    volumeMounts: [{ path: '/tmp', volume: tmp }, ...mounts],
    ...(command ? { command: [...command] } : {}),
    ...(args ? { args: [...args] } : {}),
    ...(env ? { envVariables: { ...env } } : {}),
    ...(configMap ? { envFrom: [variablesOf(scope, configMap)] } : {}),
    ...(serves ? probed(serves) : {}),
  };
}

function variablesOf(scope: Construct, name: string) {
  return Env.fromConfigMap(ConfigMap.fromConfigMapName(scope, 'Variables', name));
}

function probed({ ports, startup, readiness, liveness }: Serving): Partial<ContainerProps> {
  return { ports: [...ports], startup, readiness, liveness };
}

function sized(resources: Resources): NonNullable<ContainerProps['resources']> {
  return {
    cpu: { request: Cpu.millis(resources.cpuRequestMillis) },
    memory: {
      request: Size.mebibytes(resources.memoryRequestMebibytes),
      limit: Size.mebibytes(resources.memoryLimitMebibytes),
    },
  };
}

/** The tag or digest of an image, undefined where it has none. */
export function tagOf(image: string): string | undefined {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return /[:@](.+)$/.exec(last)?.[1];
}
