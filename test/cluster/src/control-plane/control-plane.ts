// Starts and restarts etcd, kube-apiserver, kube-controller-manager and kube-scheduler. Where they
// run (the host or a network namespace) is the caller's business: `wrap` changes the command.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createApiClient } from '../api-client.ts';
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
  /**
   * Kills API server, controllers and scheduler and starts them again on the same etcd. They go
   * together because surviving controllers take up to a minute to resume.
   */
  restart(whileDown?: () => Promise<void>): Promise<void>;
};

const READY_MS = 90_000;

/** Starts a control plane and returns when its API server is ready. Controllers start after it. */
export const startControlPlane = async (options: ControlPlaneOptions): Promise<ControlPlane> => {
  const { layout, onDaemons } = options;
  writeFiles(options);
  const api = createApiClient(options.server, options.pki);
  const etcd = startOne(options, 'etcd', etcdArgs(layout));
  let daemons: readonly Daemon[] = [etcd];
  onDaemons(daemons);

  const startRest = async (): Promise<void> => {
    const apiServer = startOne(options, 'kube-apiserver', apiServerArgs(layout));
    daemons = [...daemons, apiServer];
    onDaemons(daemons);
    await waitReady(api, [etcd, apiServer]);
    // Not earlier: a controller manager that is refused once by a young API server gives up.
    daemons = [
      ...daemons,
      startOne(options, 'kube-controller-manager', controllerManagerArgs(layout)),
      startOne(options, 'kube-scheduler', schedulerArgs(layout)),
    ];
    onDaemons(daemons);
  };
  await startRest();

  return {
    api,
    daemons: () => daemons,
    restart: async (whileDown) => {
      // SIGKILL and a wait for the end: a polite stop takes a minute, and an early start finds the
      // port taken.
      await stopDaemons(daemons.filter((daemon) => daemon !== etcd));
      daemons = [etcd];
      onDaemons(daemons);
      await whileDown?.();
      await startRest();
    },
  };
};

const startOne = (
  options: ControlPlaneOptions,
  name: keyof ControlPlanePrograms,
  args: readonly string[],
): Daemon => {
  const logPath = join(options.layout.logDir, `${name}.log`);
  const spec: DaemonSpec = { name, command: options.programs[name], args, logPath };
  return startDaemon(options.wrap?.(spec) ?? spec);
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
