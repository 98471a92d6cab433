// One application as `init` knows it, whether from options or from a Deployment.

export interface InitApp {
  readonly name: string;
  /** Left out of the manifests when undefined: kubectl's own namespace then. */
  readonly namespace: string | undefined;
  readonly workload: Workload;
  readonly service: ServicePlan;
  /** Requests are counted there; undefined when nothing is known to count. */
  readonly metrics: Metrics | undefined;
  readonly gateway: GatewayChoice | undefined;
}

/** `new`: nothing runs yet, all manifests are written. `existing`: a Deployment that is left as it is. */
export type Workload =
  | {
      readonly kind: 'new';
      readonly image: string;
      readonly port: number;
      /** Undefined when there is no metrics page, or it is at `port`. */
      readonly metricsPort: number | undefined;
      readonly healthPath: string | undefined;
      readonly replicas: number;
    }
  | {
      readonly kind: 'existing';
      readonly deployment: string;
      /** What the AppRelease has to say; undefined when it takes over the pods that run. */
      readonly replicas: number | undefined;
    };

export type ServicePlan =
  | {
      readonly kind: 'written';
      readonly selector: Readonly<Record<string, string>>;
      /** Of the container: a name or a number. */
      readonly targetPort: string | number;
    }
  | { readonly kind: 'existing'; readonly name: string; readonly port: number; readonly selects: Selects }
  /** No port is known, and nothing needs a Service. */
  | { readonly kind: 'none' };

/** Whether a Service that is there names pods itself. */
export type Selects = 'pods' | 'nothing';

export interface Metrics {
  /** Of the container: a name or a number. */
  readonly port: string | number;
  readonly path: string;
}

export interface GatewayChoice {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
}

/** The port that the Service itself has, written or found. */
export const WRITTEN_SERVICE_PORT = 80;

/** What has to be routed to, when something is routed. */
export function serviceOf(app: InitApp): { readonly name: string; readonly port: number } {
  const { service } = app;
  return service.kind === 'existing'
    ? { name: service.name, port: service.port }
    : { name: app.name, port: WRITTEN_SERVICE_PORT };
}
