// A PodDisruptionBudget: how many pods a drained node may take away at once.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface DisruptionBudgetProps {
  readonly name: string;
  /** Labels of the pods. */
  readonly selects: Record<string, string>;
  /** @default - the chart's */
  readonly namespace?: string;
}

/** Lets one pod go at a time. A pod that is not ready never keeps a node from being drained. */
export class DisruptionBudget extends Construct {
  constructor(scope: Construct, id: string, { name, selects, namespace }: DisruptionBudgetProps) {
    super(scope, id);
    new k8s.KubePodDisruptionBudget(this, 'Resource', {
      metadata: { name, labels: selects, ...(namespace ? { namespace } : {}) },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: selects },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}
