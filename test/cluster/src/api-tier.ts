// The API tier: etcd, API server, controllers and scheduler on loopback, with fake nodes. Needs no
// root. For integration tests and benches of controllers.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { createApiClient, mustAnswer, readAdmin } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { ensureBinaries } from './build/go-build.ts';
import { requireLinux } from './build/prerequisites.ts';
import { restartServers, startControlPlane, waitForServiceAccount } from './control-plane/control-plane.ts';
import type { ControlPlane } from './control-plane/control-plane.ts';
import type { AuditOptions } from './control-plane/flags.ts';
import { down, endDown } from './down.ts';
import { fakeNode, fakeNodeName } from './kwok/nodes.ts';
import { kwokStages } from './kwok/stages.ts';
import { assertUsableName, logDir, stateDir } from './paths.ts';
import { issue, loadAuthority } from './pki/certificate.ts';
import { createPki } from './pki/cluster-pki.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';
import { endedOne, startDaemon, stopDaemons, tail } from './process/daemon.ts';
import type { Daemon, DaemonSpec } from './process/daemon.ts';
import { freePorts } from './process/ports.ts';
import { waitFor } from './process/wait.ts';
import { silentProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { newState, readState, writeState } from './state.ts';
import type { ClusterState } from './state.ts';
import { sweepAbandoned } from './sweep.ts';

export type ApiTierOptions = {
  /** Name of the cluster; unique per process unless told. */
  readonly name?: string;
  /** Number of fake nodes; 3 unless told. */
  readonly nodes?: number;
  /** Audit log of the API server, for counting requests. */
  readonly audit?: AuditOptions;
  /** False keeps the cluster when its starter dies; true unless told. */
  readonly isEphemeral?: boolean;
  readonly progress?: Progress;
};

export type User = { readonly name: string; readonly groups?: readonly string[] };

export type ApiTier = {
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  /** Kubeconfig of an administrator. */
  readonly kubeconfigPath: string;
  readonly binaries: { readonly kubectl: string };
  readonly auditLogPath: string | undefined;
  /** A kubeconfig for a user with no rights but those of its groups. */
  userKubeconfig(user: User): string;
  /**
   * Kills API server, controllers, scheduler and kwok, runs `whileDown`, starts them again and
   * returns when the API server is ready.
   */
  restartApiServer(whileDown?: () => Promise<void>): Promise<void>;
  /** Ends every process and removes the state. */
  stop(): Promise<void>;
};

const PROGRAMS = [
  'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok',
] as const;

let started = 0;

/** Starts an API tier; ready in about 15 s once the programs are built. */
export const startApiTier = async (options: ApiTierOptions = {}): Promise<ApiTier> => {
  requireLinux();
  started += 1;
  const name = options.name ?? `api-${process.pid}-${started}`;
  assertUsableName(name);
  const progress = options.progress ?? silentProgress;
  await sweepAbandoned();
  await endDown(name);
  const programs = await ensureBinaries(PROGRAMS, { progress });
  try {
    return await bringUp({ ...options, name, progress, programs });
  } catch (error) {
    // The logs stay, because the error names them.
    await down(name);
    throw error;
  }
};

type BringUp = ApiTierOptions & {
  readonly name: string;
  readonly progress: Progress;
  readonly programs: Awaited<ReturnType<typeof ensureBinaries<(typeof PROGRAMS)[number]>>>;
};

const bringUp = async (options: BringUp): Promise<ApiTier> => {
  const { name, progress, programs, audit } = options;
  const dir = stateDir(name);
  mkdirSync(logDir(name), { recursive: true, mode: 0o700 });
  if (audit !== undefined) rmSync(audit.path, { force: true });
  const [apiPort = 0, etcdClientPort = 0, etcdPeerPort = 0] = await freePorts(3);
  const server = `https://127.0.0.1:${apiPort}`;
  const pki = createPki({ dir: join(dir, 'pki'), apiServerNames: [], nodes: [] });
  let state = writeState({
    ...newState({
      name, tier: 'api', isEphemeral: options.isEphemeral ?? true, server, kubectlPath: programs.kubectl,
    }),
    ...(audit === undefined ? {} : { auditLogPath: audit.path }),
  });
  const record = (daemons: readonly Daemon[]): void => {
    state = writeState({ ...state, daemons });
  };
  const controlPlane = await progress.step('start the control plane', () => startControlPlane({
    layout: {
      stateDir: dir, logDir: logDir(name), pkiDir: pki.dir, bindAddress: '127.0.0.1',
      advertiseAddress: '127.0.0.1', apiPort, etcdClientPort, etcdPeerPort, nodes: 'fake',
      ...(audit === undefined ? {} : { audit }),
    },
    pki, programs, clusterName: name, server, onDaemons: record,
  }));
  record([...controlPlane.daemons(), startDaemon(kwokSpec(state, programs.kwok))]);
  const count = options.nodes ?? 3;
  await progress.step('wait for nodes and ServiceAccount', async () => {
    await createNodes(controlPlane, count);
    await waitForNodes(controlPlane, state.daemons, count);
    await waitForServiceAccount(controlPlane);
  });
  return apiTierOf(writeState({ ...state, isReady: true }));
};

/**
 * A running API tier that another process has started.
 * @throws Error when there is none of this name.
 */
export const attachApiTier = (name: string): ApiTier => {
  const state = readState(name);
  if (state?.tier !== 'api' || !state.isReady) throw new Error(`no API tier "${name}" is running`);
  return apiTierOf(state);
};

const apiTierOf = (state: ClusterState): ApiTier => {
  const { name, server } = state;
  return {
    name, server, kubeconfigPath: state.kubeconfigPath,
    binaries: { kubectl: state.kubectlPath },
    auditLogPath: state.auditLogPath,
    userKubeconfig: (user) => userKubeconfig(state, user),
    restartApiServer: (whileDown) => restart(name, whileDown),
    stop: () => endDown(name),
  };
};

/** The state is read again: another process may have restarted the servers meanwhile. */
const restart = async (name: string, whileDown?: () => Promise<void>): Promise<void> => {
  let state = readState(name);
  const kwok = state?.daemons.find((daemon) => daemon.name === 'kwok');
  if (state === undefined || kwok === undefined) throw new Error(`no API tier "${name}" is running`);
  const known = state;
  const api = createApiClient(state.server, readAdmin(join(stateDir(name), 'pki')));
  await stopDaemons([kwok]);
  await restartServers({
    api,
    daemons: state.daemons.filter((daemon) => daemon !== kwok),
    onDaemons: (daemons) => {
      state = writeState({ ...known, daemons });
    },
    ...(whileDown === undefined ? {} : { whileDown }),
  });
  await forgetNodeLeases(api);
  writeState({ ...state, daemons: [...state.daemons, startDaemon(kwok)] });
};

const kwokSpec = ({ name, server }: ClusterState, program: string): DaemonSpec => {
  const dir = stateDir(name);
  const config = join(dir, 'kwok.yaml');
  writeFileSync(config, kwokStages().map((stage) => stringify(stage)).join('---\n'));
  return {
    name: 'kwok', owner: dir, command: program, logPath: join(logDir(name), 'kwok.log'),
    args: [
      `--kubeconfig=${join(dir, 'admin.kubeconfig')}`, `--master=${server}`, `--config=${config}`,
      '--manage-all-nodes=true', '--node-lease-duration-seconds=40', '--cidr=10.244.0.0/16', '--v=WARN',
    ],
  };
};

/** A new kwok would wait 40 s for the leases of the killed one to expire. */
const forgetNodeLeases = async (api: ApiClient): Promise<void> => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  await mustAnswer(api, { method: 'DELETE', path });
};

const createNodes = async (plane: ControlPlane, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    await mustAnswer(plane.api, { method: 'POST', path: '/api/v1/nodes', body: fakeNode(index) });
  }
};

const waitForNodes = async (
  plane: ControlPlane,
  daemons: readonly Daemon[],
  count: number,
): Promise<void> => {
  const isReady = (body: string): boolean =>
    body.includes('"type":"Ready","status":"True"') && !body.includes('"taints"');
  for (let index = 0; index < count; index += 1) {
    await waitFor({
      what: `node ${fakeNodeName(index)} to be Ready`,
      deadlineMs: 60_000,
      hopeless: endedOne(daemons),
      diagnose: () => daemons.map((daemon) => tail(daemon, 8)).join('\n'),
      check: async () => {
        const path = `/api/v1/nodes/${fakeNodeName(index)}`;
        return isReady((await plane.api({ method: 'GET', path })).body) ? true : undefined;
      },
    });
  }
};

const userKubeconfig = ({ name, server }: ClusterState, user: User): string => {
  const dir = stateDir(name);
  const read = (file: string): string => readFileSync(join(dir, 'pki', file), 'utf8');
  const authority = loadAuthority({ certificatePem: read('ca.crt'), keyPem: read('ca.key') });
  const subject = { commonName: user.name, organizations: user.groups ?? [] };
  const file = `user-${user.name.replaceAll(/[^a-zA-Z0-9-]/g, '_')}.kubeconfig`;
  return writeKubeconfig(join(dir, file), {
    cluster: name, user: user.name, server, authorityPem: authority.certificatePem,
    identity: issue(authority, { subject, usage: 'client' }),
  });
};
