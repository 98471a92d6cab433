// A HorizontalPodAutoscaler (v2). It scales an AppRelease through its scale subresource, which keeps
// stable and canary in proportion, or a Deployment that no release runs.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { API_GROUP_VERSION } from '../../../operator/src/api/group.ts';
import { checkSelf, type Problem } from '../checks/finding.ts';

export interface AutoscalerProps {
  readonly name: string;
  /** An AppRelease, or a Deployment; by name, in the same namespace. */
  readonly target: { readonly kind: 'AppRelease' | 'Deployment'; readonly name: string };
  /** Fewest pods. @default 2 */
  readonly minReplicas?: number;
  /** Most pods. The connection budget counts twice as many while a weighted router shifts traffic. */
  readonly maxReplicas: number;
  /** CPU, in percent of what the pods request, that is aimed at. @default 70 */
  readonly cpuPercent?: number;
  /** Memory, in percent of what the pods request. @default - not looked at */
  readonly memoryPercent?: number;
  /** Seconds for which fewer pods must do before any is taken away. @default 300 */
  readonly scaleDownSeconds?: number;
}

const DEFAULT_MIN = 2;

/** The number of pods is then in no other manifest. */
export class Autoscaler extends Construct {
  constructor(scope: Construct, id: string, props: AutoscalerProps) {
    super(scope, id);
    const { name, target, minReplicas = DEFAULT_MIN, maxReplicas } = props;
    checkSelf(this, () => rangeProblems(minReplicas, maxReplicas));
    const apiVersion = target.kind === 'AppRelease' ? API_GROUP_VERSION : 'apps/v1';
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'Resource', {
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion, ...target },
        minReplicas,
        maxReplicas,
        metrics: metricsOf(props),
        behavior: { scaleDown: { stabilizationWindowSeconds: props.scaleDownSeconds ?? 300 } },
      },
    });
  }
}

function rangeProblems(least: number, most: number): readonly Problem[] {
  if (least >= 1 && most >= least) return [];
  const problem = `${least} to ${most} pods is no range`;
  return [{ field: 'maxReplicas', problem, remedy: 'Use at least 1 and no fewer than minReplicas' }];
}

function metricsOf({ cpuPercent = 70, memoryPercent }: AutoscalerProps): k8s.MetricSpecV2[] {
  const resource = (name: string, averageUtilization: number) => ({
    type: 'Resource',
    resource: { name, target: { type: 'Utilization', averageUtilization } },
  });
  return [
    resource('cpu', cpuPercent),
    ...(memoryPercent === undefined ? [] : [resource('memory', memoryPercent)]),
  ];
}
