// A PodDisruptionBudget: how many pods a drained node may take away at once.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface DisruptionBudgetProps {
  readonly name: string;
  /** Labels of the pods. */
  readonly selects: Record<string, string>;
  /** Pods, or percent of them such as `25%`, that may be away at once. @default 1 */
  readonly maxUnavailable?: number | string;
  /** @default - the chart's */
  readonly namespace?: string;
}

/** A pod that is not ready never keeps a node from being drained. */
export class DisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, props: DisruptionBudgetProps) {
    super(scope, id);
    const { name, selects, namespace, maxUnavailable = 1 } = props;
    new k8s.KubePodDisruptionBudget(this, 'Resource', {
      metadata: { name, labels: selects, ...(namespace ? { namespace } : {}) },
      spec: {
        maxUnavailable:
          typeof maxUnavailable === 'number'
            ? k8s.IntOrString.fromNumber(maxUnavailable)
            : k8s.IntOrString.fromString(maxUnavailable),
        selector: { matchLabels: selects },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}
