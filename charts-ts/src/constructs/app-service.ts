// A Service inside the cluster: for a second port, for other clients than users, or for whoever wants the
// pods' own addresses. WebApp brings the one that users reach.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkSelf, type Problem } from '../checks/finding.ts';

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** Number or name of the pods' port. @default - the same number */
  readonly targetPort?: number | string;
}

export interface AppServiceProps {
  readonly name: string;
  /** Labels of the pods. @default - none: a release with a gateway points it */
  readonly selects?: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
  /** `pods`: the name stands for the address of each pod, without one of its own. @default one */
  readonly address?: 'one' | 'pods';
  /** Whether pods that are not ready belong to it. @default readyOnly */
  readonly endpoints?: 'readyOnly' | 'all';
  /** Labels of the Service itself. @default - the chart's only */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default - the chart's */
  readonly namespace?: string;
}

/** No session affinity: every ready pod serves everybody. */
export class AppService extends Construct {
  constructor(scope: Construct, id: string, props: AppServiceProps) {
    super(scope, id);
    const { name, selects, ports, address, endpoints, labels, namespace } = props;
    checkSelf(this, () => portProblems(ports));
    new k8s.KubeService(this, 'Resource', {
      metadata: {
        name,
        ...(namespace ? { namespace } : {}),
        ...(labels ? { labels: { ...labels } } : {}),
      },
      spec: {
        ...(address === 'pods' ? { clusterIp: 'None' } : {}),
        ...(endpoints === 'all' ? { publishNotReadyAddresses: true } : {}),
        ...(selects ? { selector: { ...selects } } : {}),
        ports: ports.map(({ targetPort, ...port }) => ({
          ...port,
          targetPort: target(targetPort ?? port.port),
        })),
      },
    });
  }
}

function target(port: number | string): k8s.IntOrString {
  return typeof port === 'number' ? k8s.IntOrString.fromNumber(port) : k8s.IntOrString.fromString(port);
}

/* The API server wants both to be unique, and says so at the first apply only. */
function portProblems(ports: readonly ServicePort[]): readonly Problem[] {
  const remedy = 'Give each port a name and a number of its own';
  const isTwice = (key: 'name' | 'port') => new Set(ports.map((one) => one[key])).size < ports.length;
  if (ports.length === 0) return [{ field: 'ports', problem: 'there is none', remedy: 'Name at least one' }];
  return (['name', 'port'] as const)
    .filter(isTwice)
    .map((key) => ({ field: 'ports', problem: `two have the same ${key}`, remedy }));
}
