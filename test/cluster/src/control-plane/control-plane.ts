// Starts and restarts etcd, kube-apiserver, kube-controller-manager and kube-scheduler. Where they
// run (the host or a network namespace) is the caller's business: `wrap` changes the command.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createApiClient, readAdmin } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import type { Programs } from '../build/go-build.ts';
import { writeKubeconfig } from '../pki/kubeconfig.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { endedOne, startDaemon, stopDaemons, tail } from '../process/daemon.ts';
import type { Daemon, DaemonSpec } from '../process/daemon.ts';
import { waitFor } from '../process/wait.ts';
import {
  apiServerArgs, controllerManagerArgs, etcdArgs, renderAuditPolicy, renderSchedulerConfig, schedulerArgs,
} from './flags.ts';
import type { ControlPlaneLayout } from './flags.ts';

export const CONTROL_PLANE_PROGRAMS = [
  'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler',
] as const;

export type ControlPlanePrograms = Programs<(typeof CONTROL_PLANE_PROGRAMS)[number]>;

export type ControlPlaneOptions = {
  readonly layout: ControlPlaneLayout;
  readonly pki: ClusterPki;
  readonly programs: ControlPlanePrograms;
  readonly clusterName: string;
  /** URL of the API server as its clients on the host see it. */
  readonly server: string;
  /** Moves a program into another network namespace. */
  readonly wrap?: (spec: DaemonSpec) => DaemonSpec;
  /** Told after every change, so that it can be recorded at once. */
  readonly onDaemons: (daemons: readonly Daemon[]) => void;
};

export type ControlPlane = {
  readonly api: ApiClient;
  daemons(): readonly Daemon[];
};

const READY_MS = 90_000;

/** Starts a control plane and returns when its API server is ready. Controllers start after it. */
export const startControlPlane = async (options: ControlPlaneOptions): Promise<ControlPlane> => {
  const { layout, onDaemons } = options;
  writeFiles(options);
  const api = createApiClient(options.server, readAdmin(options.pki.dir));
  const spec = (name: keyof ControlPlanePrograms, args: readonly string[]): DaemonSpec => {
    const logPath = join(layout.logDir, `${name}.log`);
    const plain = { name, owner: layout.stateDir, command: options.programs[name], args, logPath };
    return options.wrap?.(plain) ?? plain;
  };
  let daemons: readonly Daemon[] = [startDaemon(spec('etcd', etcdArgs(layout)))];
  const keep = (started: readonly Daemon[]): void => {
    daemons = started;
    onDaemons(started);
  };
  keep(daemons);
  await startServers({
    api, daemons, onDaemons: keep,
    apiServer: spec('kube-apiserver', apiServerArgs(layout)),
    controllers: [
      spec('kube-controller-manager', controllerManagerArgs(layout)),
      spec('kube-scheduler', schedulerArgs(layout)),
    ],
  });
  return { api, daemons: () => daemons };
};

type Servers = {
  readonly api: ApiClient;
  /** Programs that run already. */
  readonly daemons: readonly Daemon[];
  readonly apiServer: DaemonSpec;
  readonly controllers: readonly DaemonSpec[];
  readonly onDaemons: (daemons: readonly Daemon[]) => void;
};

const startServers = async ({ api, daemons, apiServer, controllers, onDaemons }: Servers): Promise<void> => {
  const withServer = [...daemons, startDaemon(apiServer)];
  onDaemons(withServer);
  await waitReady(api, withServer);
  // Not earlier: a controller manager that is refused once by a young API server gives up.
  onDaemons([...withServer, ...controllers.map(startDaemon)]);
};

export type RestartOptions = {
  readonly api: ApiClient;
  /** All programs of the cluster, as recorded. */
  readonly daemons: readonly Daemon[];
  readonly onDaemons: (daemons: readonly Daemon[]) => void;
  readonly whileDown?: () => Promise<void>;
};

/**
 * Kills API server, controller manager and scheduler and starts them as they were started before.
 * They go together, because surviving controllers take up to a minute to resume. SIGKILL and a wait
 * for the end, because a polite stop takes a minute and an early start finds the port taken.
 */
export const restartServers = async (options: RestartOptions): Promise<void> => {
  const isServer = ({ name }: Daemon): boolean => name.startsWith('kube-') && name !== 'kube-proxy';
  const servers = options.daemons.filter(isServer);
  const others = options.daemons.filter((daemon) => !isServer(daemon));
  const apiServer = servers.find(({ name }) => name === 'kube-apiserver');
  if (apiServer === undefined) throw new Error('this cluster has no API server of ours to restart');
  await stopDaemons(servers);
  options.onDaemons(others);
  await options.whileDown?.();
  await startServers({
    ...options, daemons: others, apiServer, controllers: servers.filter((daemon) => daemon !== apiServer),
  });
};

const writeFiles = ({ layout, pki, server, clusterName }: ControlPlaneOptions): void => {
  for (const folder of [layout.logDir, join(layout.stateDir, 'etcd')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  for (const user of ['admin', 'controller-manager', 'scheduler']) {
    const identity = pki.identities.get(user);
    if (identity === undefined) throw new Error(`no certificate for ${user}`);
    writeKubeconfig(join(layout.stateDir, `${user}.kubeconfig`), {
      cluster: clusterName, user, server, authorityPem: pki.authority.certificatePem, identity,
    });
  }
  writeFileSync(join(layout.stateDir, 'scheduler.json'), renderSchedulerConfig(layout.stateDir));
  if (layout.audit !== undefined) {
    writeFileSync(join(layout.stateDir, 'audit-policy.json'), renderAuditPolicy(layout.audit.level));
  }
};

const waitReady = (api: ApiClient, daemons: readonly Daemon[]): Promise<true> =>
  waitFor({
    what: 'the API server to be ready',
    deadlineMs: READY_MS,
    hopeless: endedOne(daemons),
    diagnose: () => daemons.map((daemon) => tail(daemon)).join('\n'),
    check: async () => {
      const { status, body } = await api({ method: 'GET', path: '/readyz' });
      if (status === 200 && body === 'ok') return true as const;
      throw new Error(`/readyz answers ${status} ${body.slice(0, 200)}`);
    },
  });

/** Pods cannot be created before their namespace has its ServiceAccount. */
export const waitForServiceAccount = async (plane: ControlPlane): Promise<void> => {
  await waitFor({
    what: 'the ServiceAccount default/default',
    deadlineMs: READY_MS,
    hopeless: endedOne(plane.daemons()),
    diagnose: () => plane.daemons().map((daemon) => tail(daemon)).join('\n'),
    check: async () => {
      const path = '/api/v1/namespaces/default/serviceaccounts/default';
      return (await plane.api({ method: 'GET', path })).status === 200 ? true : undefined;
    },
  });
};
