// The node tier: a control plane in a network namespace of its own and one real node beside it,
// with DNS, storage and a gateway. For end-to-end tests and the demo. Needs root.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ensureEnvoy } from '../../../tools/images/envoy-program.ts';
import { ensureSystemImages, ensureTraefikImage } from '../../../tools/images/system-images.ts';
import type { EnvoyOptions } from './addons/envoy-gateway.ts';
import { createApiClient, readAdmin } from './api-client.ts';
import { ensureBinaries } from './build/go-build.ts';
import type { Programs } from './build/go-build.ts';
import { requireLinux, requireProgram, requireRoot } from './build/prerequisites.ts';
import { restartServers, startControlPlane } from './control-plane/control-plane.ts';
import type { AuditOptions } from './control-plane/flags.ts';
import { down, endDown } from './down.ts';
import { fillCluster } from './fill-cluster.ts';
import { kindTierOf } from './kind/kind-tier.ts';
import { nodePaths } from './node/config.ts';
import { createNetwork, enterNetwork } from './node/network.ts';
import { execInside, importImages, startNode } from './node/node.ts';
import { cniPluginsDir, ensureImagePackages, ensureNodePackages } from './node/packages.ts';
import { API_PORT, GATEWAY_PORT, SECOND_GATEWAY_PORT, planNode } from './node/plan.ts';
import type { NodePlan } from './node/plan.ts';
import { freeNetworkIndex } from './node/free-index.ts';
import { assertUsableName, logDir, stateDir } from './paths.ts';
import { createPki } from './pki/cluster-pki.ts';
import type { ClusterPki } from './pki/cluster-pki.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';
import type { Daemon } from './process/daemon.ts';
import { withLock } from './process/lock.ts';
import { silentProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { newState, readState, writeState } from './state.ts';
import type { ClusterState } from './state.ts';
import { sweepAbandoned } from './sweep.ts';

export type NodeTierOptions = {
  /** Name of the cluster; `slipway` unless told. */
  readonly name?: string;
  /** True ends the cluster when its starter has died, at the next start of any; false unless told. */
  readonly isEphemeral?: boolean;
  /** How the gateway groups backends; `rule` (exact weights) unless told. */
  readonly clusters?: EnvoyOptions['clusters'];
  /** Image archives to import, beside those of the cluster's own programs. */
  readonly images?: readonly string[];
  readonly audit?: AuditOptions;
  /** Traefik as a second data plane, with a GatewayClass and a Gateway of its own. */
  readonly withTraefik?: boolean;
  readonly progress?: Progress;
};

export type NodeTier = {
  readonly name: string;
  /** URL of the API server, reachable from the host. */
  readonly server: string;
  readonly kubeconfigPath: string;
  readonly binaries: { readonly kubectl: string };
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** URL of the Gateway, reachable from the host, without a slash at the end. */
  readonly gatewayAddress: string;
  /** The same of the second data plane, when the cluster has one. */
  readonly traefikAddress: string | undefined;
  readonly auditLogPath: string | undefined;
  importImages(paths: readonly string[]): Promise<void>;
  /** Runs a program in the node's namespaces and returns its output. */
  exec(command: string, args: readonly string[]): Promise<string>;
  /** Kills API server, controllers and scheduler, runs `whileDown`, starts them again. */
  restartApiServer(whileDown?: () => Promise<void>): Promise<void>;
  /** Ends everything; throws when something is left. */
  stop(): Promise<void>;
};

const PROGRAMS = [
  'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kubelet',
  'kube-proxy', 'pause', 'coredns', 'envoy-gateway',
] as const;

const NETWORK_LOCK_MS = 60_000;

type NodePrograms = Programs<(typeof PROGRAMS)[number]>;

/** Starts a node-tier cluster; under half a minute once everything is built. */
export const startNodeTier = async (options: NodeTierOptions = {}): Promise<NodeTier> => {
  requireLinux();
  requireRoot();
  const name = options.name ?? 'slipway';
  assertUsableName(name);
  const progress = options.progress ?? silentProgress;
  await sweepAbandoned();
  await endDown(name);
  const parts = await ensureNodeParts(options);
  try {
    return await bringUp({ ...options, name, progress, ...parts });
  } catch (error) {
    // The logs stay, because the error names them.
    await down(name);
    throw error;
  }
};

type NodeParts = {
  readonly programs: NodePrograms;
  readonly systemArchives: readonly string[];
};

/**
 * Installs and builds what a node consists of: minutes on a new machine, then nothing. A start does
 * it too; tests do it before their clocks run.
 */
export const ensureNodeParts = async (
  options: Pick<NodeTierOptions, 'progress' | 'withTraefik'>,
): Promise<NodeParts> => {
  const progress = options.progress ?? silentProgress;
  await ensureNodePackages(progress);
  await ensureImagePackages(progress);
  const programs = await ensureBinaries(PROGRAMS, { progress });
  const envoy = await progress.step('get Envoy', ensureEnvoy);
  const system = await progress.step('write the images of the system', () => ensureSystemImages({ ...programs, envoy }));
  const traefik = options.withTraefik === true ? [await makeTraefik(progress)] : [];
  return { programs, systemArchives: [system, ...traefik] };
};

/** Builds Traefik on the first demand: ten minutes on two cores. */
const makeTraefik = async (progress: Progress): Promise<string> => {
  const { traefik } = await ensureBinaries(['traefik'], { progress });
  return progress.step('write the image of Traefik', async () => ensureTraefikImage(traefik));
};

type BringUp = NodeTierOptions & {
  readonly name: string;
  readonly progress: Progress;
  readonly programs: NodePrograms;
  readonly systemArchives: readonly string[];
};

const bringUp = async (options: BringUp): Promise<NodeTier> => {
  const { name, progress, programs, audit } = options;
  if (audit !== undefined) rmSync(audit.path, { force: true });
  const dir = stateDir(name);
  mkdirSync(logDir(name), { recursive: true, mode: 0o700 });
  const { plan, recorder } = await progress.step('make networks', () => makeNetworks(options));
  const server = serverOf(plan);
  const pki = createPki({
    dir: join(dir, 'pki'),
    apiServerNames: [plan.controlPlaneAddress],
    nodes: [{ name: plan.nodeName, address: plan.nodeAddress }],
  });
  const nodeKubeconfigs = writeNodeKubeconfigs({ dir, cluster: name, server }, plan, pki);
  const [controlPlane, node] = await bothSettled([
    progress.step('start the control plane', () => startControlPlane({
      layout: {
        stateDir: dir, logDir: logDir(name), pkiDir: pki.dir, bindAddress: '0.0.0.0',
        advertiseAddress: plan.controlPlaneAddress, apiPort: API_PORT, etcdClientPort: 12_379,
        etcdPeerPort: 12_380, nodes: 'real', ...(audit === undefined ? {} : { audit }),
      },
      pki, programs, clusterName: name, server,
      wrap: (spec) => ({
        ...spec,
        command: requireProgram('nsenter', 'util-linux'),
        args: [...enterNetwork(plan.controlPlaneNetns), spec.command, ...spec.args],
      }),
      onDaemons: recorder.plane,
    })),
    progress.step('start containerd', () => startNode({
      plan, paths: nodePaths(join(dir, plan.nodeName), pki.dir, cniPluginsDir()),
      logDir: logDir(name), owner: dir, programs, ...nodeKubeconfigs, onDaemon: recorder.node,
    })),
  ]);
  node.startKubelet();
  await fillCluster({
    name, progress, programs, plan, controlPlane, node, dir,
    systemArchives: options.systemArchives, archives: options.images ?? [],
    clusters: options.clusters ?? 'rule', withTraefik: options.withTraefik ?? false,
  });
  return nodeTierOf(recorder.ready());
};

const serverOf = (plan: NodePlan): string => `https://${plan.controlPlaneAddress}:${API_PORT}`;

/** One at a time, so that two clusters never take the same number. */
const makeNetworks = (options: BringUp) =>
  withLock('network', NETWORK_LOCK_MS, async () => {
    const plan = planNode(freeNetworkIndex());
    const recorder = createRecorder(options, plan);
    await createNetwork(plan);
    return { plan, recorder };
  });

/** Like Promise.all, but a failure waits for the other one: nothing starts while all is ended. */
const bothSettled = async <A, B>(works: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> => {
  await Promise.allSettled(works);
  return Promise.all(works);
};

/**
 * A running node-tier cluster that another process has started.
 * @throws Error when there is none of this name.
 */
export const attachNodeTier = (name = 'slipway'): NodeTier => {
  const state = readState(name);
  if (state?.tier === 'kind' && state.isReady) return kindTierOf(state);
  if (state?.tier !== 'node' || !state.isReady) throw new Error(`no node-tier cluster "${name}" is running`);
  return nodeTierOf(state);
};

const nodeTierOf = (state: ClusterState): NodeTier => {
  const { name, server, network, gatewayAddress } = state;
  const init = state.daemons.find((daemon) => daemon.name === 'node-init');
  if (network === undefined || gatewayAddress === undefined || init === undefined) {
    throw new Error(`the state of cluster "${name}" is incomplete: run \`down\` and \`up\``);
  }
  const plan = planNode(network.index);
  const dir = stateDir(name);
  const paths = nodePaths(join(dir, plan.nodeName), join(dir, 'pki'), cniPluginsDir());
  return {
    name, server, gatewayAddress,
    traefikAddress: state.traefikAddress,
    kubeconfigPath: state.kubeconfigPath,
    binaries: { kubectl: state.kubectlPath },
    nodeName: plan.nodeName,
    nodeAddress: plan.nodeAddress,
    auditLogPath: state.auditLogPath,
    importImages: (archives) => importImages(paths, archives),
    exec: (command, args) => execInside(init, command, args),
    restartApiServer: (whileDown) => restart(name, whileDown),
    stop: () => endDown(name),
  };
};

/** The state is read again: another process may have restarted the servers meanwhile. */
const restart = async (name: string, whileDown?: () => Promise<void>): Promise<void> => {
  const state = readState(name);
  if (state === undefined) throw new Error(`no node-tier cluster "${name}" is running`);
  await restartServers({
    api: createApiClient(state.server, readAdmin(join(stateDir(name), 'pki'))),
    daemons: state.daemons,
    onDaemons: (daemons) => writeState({ ...state, daemons }),
    ...(whileDown === undefined ? {} : { whileDown }),
  });
};

/** Writes the state file after every started program, so that a crash leaves nothing unknown. */
const createRecorder = (
  { name, programs, isEphemeral, audit, withTraefik }: BringUp,
  plan: NodePlan,
) => {
  const first = newState({
    name, tier: 'node', isEphemeral: isEphemeral ?? false, server: serverOf(plan),
    kubectlPath: programs.kubectl,
  });
  let state = writeState({
    ...first, gatewayAddress: `http://${plan.nodeAddress}:${GATEWAY_PORT}`, network: { prefix: plan.prefix, index: plan.index },
    ...(audit === undefined ? {} : { auditLogPath: audit.path }),
    ...(withTraefik === true ? { traefikAddress: `http://${plan.nodeAddress}:${SECOND_GATEWAY_PORT}` } : {}),
  });
  let plane: readonly Daemon[] = [];
  let ofNode: readonly Daemon[] = [];
  const write = (): void => {
    // The node's first process comes first: its death takes all of the node along.
    state = writeState({ ...state, daemons: [...ofNode, ...plane] });
  };
  return {
    plane: (daemons: readonly Daemon[]): void => {
      plane = daemons;
      write();
    },
    node: (daemon: Daemon): void => {
      ofNode = [...ofNode, daemon];
      write();
    },
    ready: (): ClusterState => writeState({ ...state, isReady: true }),
  };
};

type Place = { readonly dir: string; readonly cluster: string; readonly server: string };

const writeNodeKubeconfigs = ({ dir, cluster, server }: Place, plan: NodePlan, pki: ClusterPki) => {
  const write = (user: string): string => {
    const identity = pki.identities.get(user);
    if (identity === undefined) throw new Error(`no certificate for ${user}`);
    return writeKubeconfig(join(dir, `${user}.kubeconfig`), {
      cluster, user, server, authorityPem: pki.authority.certificatePem, identity,
    });
  };
  return { kubeletKubeconfigPath: write(`kubelet-${plan.nodeName}`), proxyKubeconfigPath: write('proxy') };
};
