// An application that serves HTTP: Deployment, Service, ServiceAccount, PodDisruptionBudget, and an
// Ingress if asked for. The app itself drains on SIGTERM, so there is no preStop hook.
import { Duration } from 'cdk8s';
import {
  Deployment,
  DeploymentStrategy,
  EnvValue,
  PercentOrAbsolute,
  Service,
  ServiceAccount,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { databaseAccess } from './database-access.ts';
import { DisruptionBudget } from './disruption-budget.ts';
import { folderMounts } from './folder-mounts.ts';
import { labelsOf } from './labels.ts';
import {
  restrictPods,
  sleepBeforeEnd,
  spreadOverNodes,
  spreadOverZones,
  withoutEmptyLists,
  withoutReplicas,
  withoutSelector,
} from './patches.ts';
import { probesAt, type ProbeTarget } from './probes.ts';
import {
  restrictedPod,
  selectOwn,
  type ProgramProps,
  type Resources,
  type Serving,
} from './restricted-pod.ts';
import { WebIngress, type WebIngressProps } from './web-ingress.ts';

/**
 * Who decides how many pods there are.
 *
 * - `fixed`: this manifest. Also right for a live app that an AppRelease is about to adopt.
 * - `release`: an AppRelease. The Deployment says 0 and never starts a pod of its own.
 * - `autoscaler`: nobody in git, the field is left out.
 */
export type Scale =
  | { readonly kind: 'fixed'; readonly replicas: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'autoscaler' };

/** Where a program answers that is not written as the ledger is. */
export interface WebServing {
  /** @default 8080 */
  readonly port?: number;
  /** Where it counts requests; the same as `port` is allowed. @default 9090 */
  readonly metricsPort?: number;
  /** Asked for traffic, and at the start. @default /readyz */
  readonly ready?: ProbeTarget;
  /** Asked for life: it must ask nobody else, or all restart together. @default /livez */
  readonly live?: ProbeTarget;
  /**
   * Who goes on answering after SIGTERM until every proxy has heard: the program, told by DRAIN_MS, or
   * the kubelet, which sends SIGTERM `drainSeconds` later. @default program
   */
  readonly drains?: 'program' | 'kubelet';
}

export interface WebAppProps {
  readonly name: string;
  readonly image: string;
  readonly scale: Scale;
  /** @default - none but DRAIN_MS, CLOSE_TIMEOUT_MS and, with a database, DB_POOL_SIZE */
  readonly env?: Readonly<Record<string, string>>;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`. @default - the app has no database */
  readonly databaseSecret?: string;
  /** Connections of one pod to the database. @default 5 */
  readonly poolSize?: number;
  /** ConfigMap whose keys all become variables. @default - none */
  readonly configMap?: string;
  /** Folder to the Secret whose keys are files in it; they follow the Secret. @default - none */
  readonly secretFolders?: Readonly<Record<string, string>>;
  /** Folder to the claim of the volume there; pods on several nodes write it. @default - none */
  readonly claimFolders?: Readonly<Record<string, string>>;
  /** @default 50m CPU, 96Mi, at most 256Mi */
  readonly resources?: Resources;
  /** Seconds the app goes on serving after SIGTERM, until every proxy has heard of it. @default 5 */
  readonly drainSeconds?: number;
  /** Seconds that running requests are given after that. @default 10 */
  readonly closeSeconds?: number;
  /** Seconds from SIGTERM to SIGKILL. @default - 5 more than drainSeconds and closeSeconds together */
  readonly graceSeconds?: number;
  /** @default - ports, pages and draining of the ledger */
  readonly serving?: WebServing;
  /** What the pods of a revision are spread over. @default nodes */
  readonly spread?: 'nodes' | 'zones';
  /**
   * Whether the Service selects the pods. False where a weighted router splits the traffic and the
   * operator is to keep in-cluster clients at stable. @default true
   */
  readonly selectsPods?: boolean;
  /** @default - no Ingress */
  readonly ingress?: Omit<WebIngressProps, 'name' | 'service'>;
}

export const WEB_COMPONENT = 'web';
export const HTTP_PORT = 8080;
export const METRICS_PORT = 9090;

const SERVICE_PORT = 80;
const DEFAULT_RESOURCES: Resources = {
  cpuRequestMillis: 50,
  memoryRequestMebibytes: 96,
  memoryLimitMebibytes: 256,
};
const DEFAULT_POOL_SIZE = 5;
/* Between the app's own end and SIGKILL. */
const SPARE_SECONDS = 5;

export class WebApp extends Construct {
  readonly deployment: Deployment;
  readonly service: Service;
  /** Labels of its pods, for whatever else selects them. */
  readonly labels: Record<string, string>;

  constructor(scope: Construct, id: string, props: WebAppProps) {
    super(scope, id);
    this.labels = labelsOf({ name: props.name, component: WEB_COMPONENT });
    this.deployment = this.addDeployment(props);
    this.service = this.addService(props);
    if (canSpareAPod(props.scale)) {
      new DisruptionBudget(this, 'Budget', { name: props.name, selects: this.labels });
    }
    if (props.ingress) {
      new WebIngress(this, 'Ingress', { name: props.name, service: this.service, ...props.ingress });
    }
  }

  private addDeployment(props: WebAppProps): Deployment {
    const identity = { name: props.name, component: WEB_COMPONENT };
    const { drainSeconds = 5, closeSeconds = 10 } = props;
    new ServiceAccount(this, 'Account', {
      metadata: { name: props.name, labels: this.labels },
      automountToken: false,
    });
    const pod = restrictedPod(this, {
      identity,
      serviceAccount: props.name,
      graceSeconds: props.graceSeconds ?? drainSeconds + closeSeconds + SPARE_SECONDS,
      program: this.program(props, { drainSeconds, closeSeconds }),
    });
    const deployment = new Deployment(this, 'Deployment', {
      ...pod,
      metadata: { name: props.name, labels: this.labels },
      replicas: props.scale.kind === 'fixed' ? props.scale.replicas : 0,
      strategy: DeploymentStrategy.rollingUpdate({
        maxSurge: PercentOrAbsolute.percent(25),
        maxUnavailable: PercentOrAbsolute.absolute(0),
      }),
      progressDeadline: Duration.minutes(5),
    });
    selectOwn(deployment, identity);
    restrictPods(deployment);
    const spread = props.spread === 'zones' ? spreadOverZones : spreadOverNodes;
    spread(deployment, this.labels);
    if (props.serving?.drains === 'kubelet') sleepBeforeEnd(deployment, drainSeconds);
    if (props.scale.kind === 'autoscaler') withoutReplicas(deployment);
    return deployment;
  }

  private program(
    props: WebAppProps,
    { drainSeconds, closeSeconds }: { drainSeconds: number; closeSeconds: number },
  ): ProgramProps {
    const database = props.databaseSecret ? databaseAccess(this, props.databaseSecret) : undefined;
    const ownDrain = {
      DRAIN_MS: String(drainSeconds * 1000),
      CLOSE_TIMEOUT_MS: String(closeSeconds * 1000),
    };
    const env = {
      ...(props.serving?.drains === 'kubelet' ? {} : ownDrain),
      ...(database ? { DB_POOL_SIZE: String(props.poolSize ?? DEFAULT_POOL_SIZE) } : {}),
      ...props.env,
    };
    const values = Object.entries(env).map(([name, value]) => [name, EnvValue.fromValue(value)]);
    return {
      name: props.name,
      image: props.image,
      resources: props.resources ?? DEFAULT_RESOURCES,
      env: { ...Object.fromEntries(values), ...database?.env },
      mounts: [...(database?.mounts ?? []), ...folderMounts(this, props)],
      ...(props.configMap ? { configMap: props.configMap } : {}),
      serves: servingOf(props.serving ?? {}),
    };
  }

  private addService({ name, selectsPods = true, serving }: WebAppProps): Service {
    const service = new Service(this, 'Service', {
      metadata: { name, labels: this.labels },
      ports: [{ name: 'http', port: SERVICE_PORT, targetPort: serving?.port ?? HTTP_PORT }],
    });
    for (const [key, value] of Object.entries(this.labels)) service.selectLabel(key, value);
    if (!selectsPods) withoutSelector(service);
    withoutEmptyLists(service);
    return service;
  }
}

function servingOf({ port = HTTP_PORT, metricsPort = METRICS_PORT, ready, live }: WebServing): Serving {
  return {
    ports: [
      { name: 'http', number: port },
      ...(metricsPort === port ? [] : [{ name: 'metrics', number: metricsPort }]),
    ],
    ...probesAt({ port, ...(ready ? { ready } : {}), ...(live ? { live } : {}) }),
  };
}

/* A budget over a single pod would keep its node from ever being drained. */
function canSpareAPod(scale: Scale): boolean {
  return scale.kind !== 'fixed' || scale.replicas > 1;
}
