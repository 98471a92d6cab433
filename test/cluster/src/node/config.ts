// Configuration files of a node: containerd, its network plugins, kubelet, kube-proxy. Pure.

import { join } from 'node:path';

import { POD_CIDR } from '../control-plane/flags.ts';
import { DNS_ADDRESS, POD_CIDR_OF_NODE } from './plan.ts';
import type { NodePlan } from './plan.ts';

export const PAUSE_IMAGE = 'localhost/slipway/pause:1';

export type NodePaths = {
  readonly dir: string;
  readonly socket: string;
  readonly pkiDir: string;
  readonly cniPlugins: string;
};

/** Paths of a node below its own folder. Sockets are limited to 107 bytes, so they are short. */
export const nodePaths = (dir: string, pkiDir: string, cniPlugins: string): NodePaths => ({
  dir, pkiDir, cniPlugins, socket: join(dir, 'run', 'c.sock'),
});

const UNUSED_PLUGINS = [
  'io.containerd.snapshotter.v1.btrfs', 'io.containerd.snapshotter.v1.zfs',
  'io.containerd.snapshotter.v1.devmapper', 'io.containerd.snapshotter.v1.aufs',
  'io.containerd.tracing.processor.v1.otlp', 'io.containerd.internal.v1.tracing',
];

/** TOML for containerd 1.6 and 1.7. */
export const renderContainerd = ({ dir, socket, cniPlugins }: NodePaths): string => {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    'version = 2',
    `root = "${dir}/containerd"`,
    `state = "${dir}/run"`,
    `disabled_plugins = ${JSON.stringify(UNUSED_PLUGINS)}`,
    '[grpc]',
    `  address = "${socket}"`,
    '[plugins."io.containerd.internal.v1.opt"]',
    `  path = "${dir}/opt"`,
    `[${cri}]`,
    `  sandbox_image = "${PAUSE_IMAGE}"`,
    '  disable_apparmor = true',
    // Lowering a score needs CAP_SYS_RESOURCE, which root in a container may lack.
    '  restrict_oom_score_adj = true',
    '  netns_mounts_under_state_dir = true',
    '  stream_server_address = "127.0.0.1"',
    `[${cri}.cni]`,
    `  bin_dir = "${cniPlugins}"`,
    `  conf_dir = "${dir}/cni/net.d"`,
    `[${cri}.containerd]`,
    '  snapshotter = "overlayfs"',
    '  default_runtime_name = "runc"',
    `[${cri}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    `[${cri}.containerd.runtimes.runc.options]`,
    '  SystemdCgroup = false',
    `  Root = "${dir}/run/runc"`,
    '',
  ].join('\n');
};

/** Pods on one bridge. No masquerading: routes bring the answers back. */
export const renderPodNetwork = ({ dir }: NodePaths): string => JSON.stringify({
  cniVersion: '1.0.0',
  name: 'slipway',
  plugins: [
    {
      type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: join(dir, 'cni', 'ipam'),
        ranges: [[{ subnet: POD_CIDR_OF_NODE }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}, undefined, 2);

export const renderKubelet = (plan: NodePlan, { dir, socket, pkiDir }: NodePaths): string => JSON.stringify({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: `unix://${socket}`,
  failCgroupV1: false,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${plan.cgroup}`,
  cgroupsPerQOS: true,
  enforceNodeAllocatable: ['pods'],
  failSwapOn: false,
  authentication: {
    anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(pkiDir, 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: join(pkiDir, `kubelet-serving-${plan.nodeName}.crt`),
  tlsPrivateKeyFile: join(pkiDir, `kubelet-serving-${plan.nodeName}.key`),
  clusterDNS: [DNS_ADDRESS],
  clusterDomain: 'cluster.local',
  resolvConf: join(dir, 'resolv.conf'),
  // The host's disk and memory are not this cluster's to judge.
  evictionHard: {
    'imagefs.available': '0%', 'memory.available': '0%', 'nodefs.available': '0%', 'nodefs.inodesFree': '0%',
  },
  imageGCHighThresholdPercent: 100,
  imageMinimumGCAge: '24h',
  serializeImagePulls: false,
  maxPods: 110,
  address: plan.nodeAddress,
  healthzBindAddress: '127.0.0.1',
  readOnlyPort: 0,
  nodeStatusUpdateFrequency: '4s',
  nodeStatusReportFrequency: '30s',
  makeIPTablesUtilChains: false,
  podLogsDir: join(dir, 'pods-log'),
  volumePluginDir: join(dir, 'volume-plugins'),
  registerNode: true,
}, undefined, 2);

export const kubeletArgs = (
  plan: NodePlan,
  { dir }: NodePaths,
  kubeconfigPath: string,
): readonly string[] => [
  `--kubeconfig=${kubeconfigPath}`,
  `--config=${join(dir, 'kubelet.json')}`,
  `--hostname-override=${plan.nodeName}`,
  `--node-ip=${plan.nodeAddress}`,
  `--root-dir=${join(dir, 'kubelet')}`,
  `--cert-dir=${join(dir, 'kubelet', 'pki')}`,
  '--node-labels=topology.kubernetes.io/zone=z1,topology.kubernetes.io/region=lab,ingress-ready=true',
];

export const renderProxy = (plan: NodePlan, kubeconfigPath: string): string => JSON.stringify({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  clusterCIDR: POD_CIDR,
  hostnameOverride: plan.nodeName,
  clientConnection: { kubeconfig: kubeconfigPath },
  conntrack: { maxPerCore: 0, tcpCloseWaitTimeout: '0s', tcpEstablishedTimeout: '0s' },
  nodePortAddresses: ['primary'],
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249',
  nftables: { minSyncPeriod: '0s', syncPeriod: '30s' },
}, undefined, 2);
