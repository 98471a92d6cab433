// A namespace in which the API server itself refuses pods that are not restricted.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

const STANDARD = 'restricted';

export class RestrictedNamespace extends Construct {
  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    const modes = ['enforce', 'audit', 'warn'] as const;
    const labels = modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, STANDARD]);
    new k8s.KubeNamespace(this, 'Resource', {
      metadata: { name, labels: Object.fromEntries(labels) },
    });
  }
}
