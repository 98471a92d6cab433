// What a node without a storage provisioner needs before the demo: a default StorageClass and a
// folder of the node for each of the demo's claims. kind brings its own and needs none of this.
import { Chart, type App } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { HostPathVolume } from '../constructs/host-path-volume.ts';
import { partOf } from '../constructs/labels.ts';
import { DEMO } from './demo.ts';
import type { ChartFile } from './environment.ts';

/** On the node; one folder for each volume, to be made before the pods start, mode 0777. */
export const VOLUMES_FOLDER = '/var/lib/slipway/volumes';

const STORAGE_CLASS = 'standard';

export function builtInNode(app: App): readonly ChartFile[] {
  const chart = new Chart(app, 'volumes', { disableResourceNameHashes: true, labels: partOf('slipway') });
  new k8s.KubeStorageClass(chart, 'Class', {
    metadata: {
      name: STORAGE_CLASS,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  for (const claim of [DEMO.dataClaim, DEMO.backupClaim]) {
    new HostPathVolume(chart, claim.name, {
      claim: { namespace: DEMO.namespace, name: claim.name },
      sizeMebibytes: claim.sizeMebibytes,
      storageClass: STORAGE_CLASS,
      path: `${VOLUMES_FOLDER}/${claim.name}`,
    });
  }
  return [{ file: '00-volumes', chart }];
}
