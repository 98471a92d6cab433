// Persistent volumes: folders of the node, made before they are asked for. The default class has
// the name it has in kind, so that the same claims bind in both.

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { KubeObject } from '../apply.ts';

export const STORAGE_CLASS = 'standard';
const VOLUMES = 16;

/** Creates the folders and returns the class with its volumes. */
export const createStorage = (folder: string, nodeName: string): readonly KubeObject[] => {
  const volumes = Array.from({ length: VOLUMES }, (_unused, index) => {
    const path = join(folder, `v${index}`);
    mkdirSync(path, { recursive: true });
    // Kubernetes does not hand folders of the node over to a pod's group, so everybody may write.
    chmodSync(path, 0o777);
    return persistentVolume(`local-${index}`, path, nodeName);
  });
  return [storageClass(), ...volumes];
};

const storageClass = (): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kubernetes.io/no-provisioner',
  reclaimPolicy: 'Retain',
  volumeBindingMode: 'WaitForFirstConsumer',
});

const persistentVolume = (name: string, path: string, nodeName: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteOnce', 'ReadWriteMany'],
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: STORAGE_CLASS,
    hostPath: { path, type: 'Directory' },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }] },
        ],
      },
    },
  },
});
