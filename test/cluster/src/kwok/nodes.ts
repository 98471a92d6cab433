// Fake nodes: objects that kwok keeps Ready.

export const ZONES = ['z1', 'z2', 'z3'] as const;

/** Name of the n-th fake node, counted from 0. */
export const fakeNodeName = (index: number): string => `kwok-${index}`;

/** A fake node with room for thousands of pods; zones go round. */
export const fakeNode = (index: number): object => {
  const name = fakeNodeName(index);
  const room = { cpu: '256', memory: '1Ti', pods: '20000', 'ephemeral-storage': '1Ti' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        type: 'kwok',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/region': 'lab',
        'topology.kubernetes.io/zone': ZONES[index % ZONES.length],
      },
    },
    status: {
      allocatable: room,
      capacity: room,
      addresses: [
        { type: 'InternalIP', address: `10.245.${Math.floor(index / 250)}.${(index % 250) + 1}` },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64', operatingSystem: 'linux', kubeletVersion: 'v1.36.3',
        bootID: '', containerRuntimeVersion: 'kwok', kernelVersion: 'kwok', kubeProxyVersion: '',
        machineID: '', osImage: 'kwok', systemUUID: '',
      },
    },
  };
};
