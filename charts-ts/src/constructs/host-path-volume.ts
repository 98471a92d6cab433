// A volume that is a folder of the node, for a node without a provisioner. It waits for one claim
// by name. kubelet does not change the owner of such a folder, so it has to be writable for all.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface HostPathVolumeProps {
  readonly claim: { readonly namespace: string; readonly name: string };
  readonly sizeMebibytes: number;
  readonly storageClass: string;
  /** Folder on the node; has to be there. */
  readonly path: string;
}

export class HostPathVolume extends Construct {
  constructor(scope: Construct, id: string, props: HostPathVolumeProps) {
    super(scope, id);
    const { claim, path, sizeMebibytes, storageClass } = props;
    new k8s.KubePersistentVolume(this, 'Resource', {
      metadata: { name: `${claim.namespace}-${claim.name}` },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: k8s.Quantity.fromString(`${sizeMebibytes}Mi`) },
        claimRef: { namespace: claim.namespace, name: claim.name },
        hostPath: { path, type: 'Directory' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: storageClass,
      },
    });
  }
}
