// Command lines of the control plane, as pure functions of addresses and files.

import { join } from 'node:path';

export const POD_CIDR = '10.244.0.0/16';
export const SERVICE_CIDR = '10.96.0.0/16';

export type ControlPlaneLayout = {
  readonly stateDir: string;
  readonly logDir: string;
  readonly pkiDir: string;
  /** Address the API server listens on, and the one it tells its clients. */
  readonly bindAddress: string;
  readonly advertiseAddress: string;
  readonly apiPort: number;
  readonly etcdClientPort: number;
  readonly etcdPeerPort: number;
  /** `real` nodes have kubelets; `fake` ones have kwok and no pod network. */
  readonly nodes: 'real' | 'fake';
  readonly audit?: AuditOptions;
};

export type AuditOptions = {
  /** File the API server appends one JSON line per finished request to. Never rotated. */
  readonly path: string;
  readonly level: 'Metadata' | 'Request' | 'RequestResponse';
};

export const etcdArgs = (layout: ControlPlaneLayout): readonly string[] => {
  const client = `http://127.0.0.1:${layout.etcdClientPort}`;
  const peer = `http://127.0.0.1:${layout.etcdPeerPort}`;
  return [
    '--name=e1',
    `--data-dir=${join(layout.stateDir, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=e1=${peer}`,
    // The data of a test cluster need not survive a power cut.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
};

export const apiServerArgs = (layout: ControlPlaneLayout): readonly string[] => {
  const pki = (file: string): string => join(layout.pkiDir, file);
  return [
    `--etcd-servers=http://127.0.0.1:${layout.etcdClientPort}`,
    `--advertise-address=${layout.advertiseAddress}`,
    `--bind-address=${layout.bindAddress}`,
    `--secure-port=${layout.apiPort}`,
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP,Hostname',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    `--requestheader-client-ca-file=${pki('ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki('front-proxy-client.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy-client.key')}`,
    '--profiling=false',
    // The reconciler refuses to publish a loopback address, and nobody needs it without pods.
    ...(layout.nodes === 'fake' ? ['--endpoint-reconciler-type=none'] : []),
    ...auditArgs(layout),
  ];
};

const auditArgs = ({ audit, stateDir }: ControlPlaneLayout): readonly string[] =>
  audit === undefined
    ? []
    : [
        `--audit-policy-file=${join(stateDir, 'audit-policy.json')}`,
        `--audit-log-path=${audit.path}`,
        // Megabytes before rotation; 0 would mean the library's default of 100.
        '--audit-log-maxsize=1000000',
        '--audit-log-format=json',
      ];

/** One event per request, written when it has been answered. */
export const renderAuditPolicy = (level: AuditOptions['level']): string =>
  `${JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [{ level }],
  })}\n`;

export const controllerManagerArgs = (layout: ControlPlaneLayout): readonly string[] => {
  const kubeconfig = join(layout.stateDir, 'controller-manager.kubeconfig');
  const pki = (file: string): string => join(layout.pkiDir, file);
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${pki('sa.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
    `--cluster-signing-cert-file=${pki('ca.crt')}`,
    `--cluster-signing-key-file=${pki('ca.key')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    '--bind-address=127.0.0.1',
    // No port: several clusters run on one host, and nobody scrapes these.
    '--secure-port=0',
    '--node-monitor-period=2s',
    '--node-monitor-grace-period=40s',
    '--profiling=false',
    ...(layout.nodes === 'real'
      ? ['--allocate-node-cidrs=true', `--cluster-cidr=${POD_CIDR}`]
      : ['--allocate-node-cidrs=false', ...UNHURRIED_BY_LIMITS]),
  ];
};

/**
 * With fake nodes a controller under test is what is measured: thousands of pods must not wait for
 * the 20 requests per second that each controller of Kubernetes allows itself.
 */
const UNHURRIED_BY_LIMITS = [
  '--kube-api-qps=1000', '--kube-api-burst=2000',
  '--concurrent-replicaset-syncs=20', '--concurrent-deployment-syncs=20',
];

export const schedulerArgs = (layout: ControlPlaneLayout): readonly string[] => [
  `--config=${join(layout.stateDir, 'scheduler.json')}`,
  '--bind-address=127.0.0.1',
  '--secure-port=0',
  '--profiling=false',
];

/** Short back-off, because pods that were applied before the first node would wait 10 s. */
export const renderSchedulerConfig = (stateDir: string): string =>
  `${JSON.stringify({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig: join(stateDir, 'scheduler.kubeconfig'), qps: 1000, burst: 2000 },
    leaderElection: { leaderElect: false },
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 1,
  })}\n`;
