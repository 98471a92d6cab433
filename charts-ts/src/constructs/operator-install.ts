// The operator's own installation: namespace, account, rights and Deployment. The CRDs and the
// admission policies are the cluster's and stand apart: they stay when an operator goes.
import { Duration } from 'cdk8s';
import { Deployment, EnvFieldPaths, EnvValue, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { DisruptionBudget } from './disruption-budget.ts';
import { labelsOf, type Identity } from './labels.ts';
import { OperatorRoles } from './operator-roles.ts';
import { restrictPods, spreadOverNodes } from './patches.ts';
import { httpProbes } from './probes.ts';
import { RestrictedNamespace } from './restricted-namespace.ts';
import { restrictedPod, selectOwn, type ProgramProps, type Resources } from './restricted-pod.ts';

export interface OperatorInstallProps {
  readonly image: string;
  /** Which AppReleases are its own, by their label. @default slipway */
  readonly instance?: string;
  /** @default slipway-system */
  readonly namespace?: string;
  /** Namespaces it looks after, with a Role in each. @default - all, with a ClusterRole */
  readonly namespaces?: readonly string[];
  /** Namespaces whose Secrets queries and scrapes may name, with a Role in each. @default - none */
  readonly secretsOf?: readonly string[];
  /** Two or more: one leads, the others take over when it ends. @default 1 */
  readonly replicas?: number;
  /** @default 50m CPU, 64Mi, at most 256Mi: enough for 1,000 releases and large metrics pages */
  readonly resources?: Resources;
}

export const DEFAULT_INSTANCE = 'slipway';
export const DEFAULT_OPERATOR_NAMESPACE = 'slipway-system';
export const HEALTH_PORT = 8080;
export const OPERATOR_METRICS_PORT = 9464;

const DEFAULT_RESOURCES: Resources = {
  cpuRequestMillis: 50,
  memoryRequestMebibytes: 64,
  memoryLimitMebibytes: 256,
};

/** Name of the Deployment, the account and the roles of an instance: `<instance>-operator`. */
export function operatorName(instance: string = DEFAULT_INSTANCE): string {
  return `${instance}-operator`;
}

/** User name under which the API server knows the operator. */
export function operatorUser(props: Pick<OperatorInstallProps, 'instance' | 'namespace'> = {}): string {
  const { instance, namespace = DEFAULT_OPERATOR_NAMESPACE } = props;
  return `system:serviceaccount:${namespace}:${operatorName(instance)}`;
}

export class OperatorInstall extends Construct {
  constructor(scope: Construct, id: string, props: OperatorInstallProps) {
    super(scope, id);
    const { namespace: home = DEFAULT_OPERATOR_NAMESPACE, namespaces = [], replicas = 1 } = props;
    const name = operatorName(props.instance);
    const identity = { name, component: 'operator' };
    const metadata = { name, namespace: home, labels: labelsOf(identity) };
    new RestrictedNamespace(this, 'Namespace', home);
    new ServiceAccount(this, 'Account', { metadata, automountToken: false });
    const { secretsOf = [] } = props;
    new OperatorRoles(this, 'Roles', { name, home, account: name, namespaces, secretsOf });
    const deployment = new Deployment(this, 'Deployment', {
      ...this.pod(props, identity),
      metadata,
      replicas,
      progressDeadline: Duration.minutes(5),
    });
    selectOwn(deployment, identity);
    restrictPods(deployment);
    spreadOverNodes(deployment, labelsOf(identity));
    if (replicas > 1) {
      new DisruptionBudget(this, 'Budget', { name, namespace: home, selects: labelsOf(identity) });
    }
  }

  private pod(props: OperatorInstallProps, identity: Identity) {
    return restrictedPod(this, {
      identity,
      serviceAccount: identity.name,
      needsToken: true,
      program: program(props),
    });
  }
}

function program({ image, instance, namespaces = [], resources }: OperatorInstallProps): ProgramProps {
  return {
    name: 'operator',
    image,
    resources: resources ?? DEFAULT_RESOURCES,
    args: [
      `--instance=${instance ?? DEFAULT_INSTANCE}`,
      ...(namespaces.length > 0 ? [`--namespaces=${namespaces.join(',')}`] : []),
    ],
    // Who holds the Lease, and where it lies.
    env: {
      POD_NAME: EnvValue.fromFieldRef(EnvFieldPaths.POD_NAME),
      POD_NAMESPACE: EnvValue.fromFieldRef(EnvFieldPaths.POD_NAMESPACE),
    },
    serves: {
      ports: [
        { name: 'http', number: HEALTH_PORT },
        { name: 'metrics', number: OPERATOR_METRICS_PORT },
      ],
      ...httpProbes(HEALTH_PORT),
    },
  };
}
