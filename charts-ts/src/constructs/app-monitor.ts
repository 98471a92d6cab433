// How Prometheus finds an app's pods: a headless Service over all of them, and a ServiceMonitor. Not the
// app's own Service: during a release that one has the pods of stable only.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { AppService } from './app-service.ts';
import { labelsOf, type Identity } from './labels.ts';

export interface AppMonitorProps {
  /** Of the pods; the Service and the ServiceMonitor are called `<name>-metrics`. */
  readonly identity: Identity;
  /** Number of the pods' port with the metrics page. @default 9090 */
  readonly port?: number;
  /** @default /metrics */
  readonly path?: string;
  /** Seconds between two looks. @default 15 */
  readonly everySeconds?: number;
  /** Labels by which a Prometheus chooses its ServiceMonitors. @default - none: it takes all */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default - the chart's */
  readonly namespace?: string;
}

/** Name of the Service, which is the label `service` of everything that is scraped. */
export function metricsService({ name }: Identity): string {
  return `${name}-metrics`;
}

/** Each series carries `pod_template_hash`, so that stable and canary can be told apart. */
export class AppMonitor extends Construct {
  constructor(scope: Construct, id: string, props: AppMonitorProps) {
    super(scope, id);
    const { identity, port = 9090, path = '/metrics', everySeconds = 15, namespace } = props;
    const place = { name: metricsService(identity), ...(namespace ? { namespace } : {}) };
    const own = labelsOf({ name: identity.name, component: 'metrics' });
    new AppService(this, 'Service', {
      ...place,
      labels: own,
      selects: labelsOf(identity),
      ports: [{ name: 'metrics', port }],
      address: 'pods',
      // A pod that is not ready has the most to tell.
      endpoints: 'all',
    });
    new ApiObject(this, 'Resource', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { ...place, ...(props.labels ? { labels: props.labels } : {}) },
      spec: {
        selector: { matchLabels: own },
        podTargetLabels: ['pod-template-hash'],
        endpoints: [{ port: 'metrics', path, interval: `${everySeconds}s` }],
      },
    });
  }
}
