// A claim for a volume that one node writes. The cluster's default StorageClass serves it unless
// told otherwise.
import { Size } from 'cdk8s';
import { PersistentVolumeAccessMode, PersistentVolumeClaim } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface VolumeClaimProps {
  readonly name: string;
  readonly sizeMebibytes: number;
  /** @default - the cluster's default class */
  readonly storageClass?: string;
}

export class VolumeClaim extends Construct {
  constructor(scope: Construct, id: string, props: VolumeClaimProps) {
    super(scope, id);
    const { name, sizeMebibytes, storageClass } = props;
    new PersistentVolumeClaim(this, 'Resource', {
      metadata: { name },
      storage: Size.mebibytes(sizeMebibytes),
      accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE],
      ...(storageClass ? { storageClassName: storageClass } : {}),
    });
  }
}
