// A claim for a volume. The cluster's default StorageClass serves it unless
// told otherwise.
import { Size } from 'cdk8s';
import { PersistentVolumeAccessMode, PersistentVolumeClaim } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface VolumeClaimProps {
  readonly name: string;
  readonly sizeMebibytes: number;
  /** @default - the cluster's default class */
  readonly storageClass?: string;
  /** How many nodes may mount it at once; for many, the class has to be able to, as NFS is. @default one */
  readonly nodes?: 'one' | 'many';
}

const MODES = {
  one: PersistentVolumeAccessMode.READ_WRITE_ONCE,
  many: PersistentVolumeAccessMode.READ_WRITE_MANY,
} as const;

export class VolumeClaim extends Construct {
  constructor(scope: Construct, id: string, props: VolumeClaimProps) {
    super(scope, id);
    const { name, sizeMebibytes, storageClass, nodes = 'one' } = props;
    new PersistentVolumeClaim(this, 'Resource', {
      metadata: { name },
      storage: Size.mebibytes(sizeMebibytes),
      accessModes: [MODES[nodes]],
      ...(storageClass ? { storageClassName: storageClass } : {}),
    });
  }
}
