// The operator's rights: everywhere, or in the namespaces it was told; and the Lease at home.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  OPERATOR_HOME_PERMISSIONS,
  OPERATOR_PERMISSIONS,
  OPERATOR_SECRET_PERMISSIONS,
  type Permission,
} from '../operator-permissions.ts';

export interface OperatorRolesProps {
  readonly name: string;
  /** The operator's own namespace. */
  readonly home: string;
  /** Name of its account there. */
  readonly account: string;
  /** Namespaces it looks after; empty means all. */
  readonly namespaces: readonly string[];
  /** Namespaces whose Secrets it may read. */
  readonly secretsOf: readonly string[];
}

interface Grant {
  readonly name: string;
  readonly namespace: string;
  readonly permissions: readonly Permission[];
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';

export class OperatorRoles extends Construct {
  private readonly subject: k8s.Subject;

  constructor(scope: Construct, id: string, props: OperatorRolesProps) {
    super(scope, id);
    const { name, home, namespaces, secretsOf } = props;
    this.subject = { kind: 'ServiceAccount', name: props.account, namespace: home };
    this.grant({ name: `${name}-leases`, namespace: home, permissions: OPERATOR_HOME_PERMISSIONS });
    if (namespaces.length === 0) this.grantEverywhere(name);
    for (const namespace of namespaces) {
      this.grant({ name, namespace, permissions: OPERATOR_PERMISSIONS });
    }
    for (const namespace of secretsOf) {
      this.grant({ name: `${name}-secrets`, namespace, permissions: OPERATOR_SECRET_PERMISSIONS });
    }
  }

  private grantEverywhere(name: string): void {
    new k8s.KubeClusterRole(this, 'ClusterRole', {
      metadata: { name },
      rules: OPERATOR_PERMISSIONS.map(toRule),
    });
    new k8s.KubeClusterRoleBinding(this, 'ClusterRoleBinding', {
      metadata: { name },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name },
      subjects: [this.subject],
    });
  }

  private grant({ name, namespace, permissions }: Grant): void {
    const metadata = { name, namespace };
    new k8s.KubeRole(this, `Role-${namespace}-${name}`, { metadata, rules: permissions.map(toRule) });
    new k8s.KubeRoleBinding(this, `RoleBinding-${namespace}-${name}`, {
      metadata,
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name },
      subjects: [this.subject],
    });
  }
}

function toRule({ apiGroups, resources, verbs }: Permission): k8s.PolicyRule {
  return { apiGroups: [...apiGroups], resources: [...resources], verbs: [...verbs] };
}
