// The node tier: a control plane in a network namespace of its own and one real node beside it,
// with DNS, storage and a gateway. For end-to-end tests and the demo. Needs root.

import { mkdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

import { ensureEnvoy } from '../../../tools/images/envoy-program.ts';
import { ensureSystemImages } from '../../../tools/images/system-images.ts';
import { corednsDeployment, corednsSetup } from './addons/coredns.ts';
import { gatewayDefinitions } from './addons/crds.ts';
import {
  CONTROLLER_NAMESPACE, GATEWAY_NAME, GATEWAY_NAMESPACE, envoyGatewayDeployment, envoyGatewaySetup,
  gatewayNamespaces, gatewayObjects,
} from './addons/envoy-gateway.ts';
import type { EnvoyOptions } from './addons/envoy-gateway.ts';
import { createStorage } from './addons/storage.ts';
import { createApiClient, readAdmin } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { applyInOrder, applyObject } from './apply.ts';
import { ensureBinaries } from './build/go-build.ts';
import type { Programs } from './build/go-build.ts';
import { requireLinux, requireRoot } from './build/prerequisites.ts';
import { restartServers, startControlPlane, waitForServiceAccount } from './control-plane/control-plane.ts';
import type { ControlPlane } from './control-plane/control-plane.ts';
import type { AuditOptions } from './control-plane/flags.ts';
import { down, endDown } from './down.ts';
import { kindTierOf } from './kind/kind-tier.ts';
import { nodePaths } from './node/config.ts';
import { createNetwork, enterNetwork } from './node/network.ts';
import { execInside, importImages, startNode } from './node/node.ts';
import type { Node } from './node/node.ts';
import { cniPluginsDir, ensureImagePackages, ensureNodePackages } from './node/packages.ts';
import { API_PORT, GATEWAY_PORT, planNode } from './node/plan.ts';
import type { NodePlan } from './node/plan.ts';
import { freeNetworkIndex } from './node/free-index.ts';
import { assertUsableName, logDir, stateDir } from './paths.ts';
import { createPki } from './pki/cluster-pki.ts';
import type { ClusterPki } from './pki/cluster-pki.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';
import { run } from './process/command.ts';
import { tail } from './process/daemon.ts';
import type { Daemon } from './process/daemon.ts';
import { waitFor } from './process/wait.ts';
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

type NodePrograms = Programs<(typeof PROGRAMS)[number]>;

const READY_MS = 120_000;

/** Starts a node-tier cluster; under half a minute once everything is built. */
export const startNodeTier = async (options: NodeTierOptions = {}): Promise<NodeTier> => {
  requireLinux();
  requireRoot();
  const name = options.name ?? 'slipway';
  assertUsableName(name);
  const progress = options.progress ?? silentProgress;
  await sweepAbandoned();
  await endDown(name);
  await ensureNodePackages(progress);
  await ensureImagePackages(progress);
  const programs = await ensureBinaries(PROGRAMS, { progress });
  const envoy = await progress.step('get Envoy', ensureEnvoy);
  const system = await progress.step('write the images of the system', () => ensureSystemImages({ ...programs, envoy }));
  try {
    return await bringUp({ ...options, name, progress, programs, archives: [system, ...(options.images ?? [])] });
  } catch (error) {
    // The logs stay, because the error names them.
    await down(name);
    throw error;
  }
};

type BringUp = NodeTierOptions & {
  readonly name: string;
  readonly progress: Progress;
  readonly programs: NodePrograms;
  readonly archives: readonly string[];
};

const bringUp = async (options: BringUp): Promise<NodeTier> => {
  const { name, progress, programs, audit } = options;
  if (audit !== undefined) rmSync(audit.path, { force: true });
  const plan = planNode(freeNetworkIndex());
  const dir = stateDir(name);
  const server = `https://${plan.controlPlaneAddress}:${API_PORT}`;
  const gatewayAddress = `http://${plan.nodeAddress}:${GATEWAY_PORT}`;
  mkdirSync(logDir(name), { recursive: true, mode: 0o700 });
  const recorder = createRecorder(options, plan, { server, gatewayAddress });
  const pki = await progress.step('make certificates and networks', async () => {
    await createNetwork(plan);
    return createPki({
      dir: join(dir, 'pki'),
      apiServerNames: [plan.controlPlaneAddress],
      nodes: [{ name: plan.nodeName, address: plan.nodeAddress }],
    });
  });
  const nodeKubeconfigs = writeNodeKubeconfigs({ dir, cluster: name, server }, plan, pki);
  const [controlPlane, node] = await Promise.all([
    progress.step('start the control plane', () => startControlPlane({
      layout: {
        stateDir: dir, logDir: logDir(name), pkiDir: pki.dir, bindAddress: '0.0.0.0',
        advertiseAddress: plan.controlPlaneAddress, apiPort: API_PORT, etcdClientPort: 12_379,
        etcdPeerPort: 12_380, nodes: 'real', ...(audit === undefined ? {} : { audit }),
      },
      pki, programs, clusterName: name, server,
      wrap: (spec) => ({
        ...spec, command: '/usr/bin/nsenter', args: [...enterNetwork(plan.controlPlaneNetns), spec.command, ...spec.args],
      }),
      onDaemons: recorder.plane,
    })),
    progress.step('start containerd', () => startNode({
      plan, paths: nodePaths(join(dir, plan.nodeName), pki.dir, cniPluginsDir()),
      logDir: logDir(name), programs, ...nodeKubeconfigs, onDaemon: recorder.node,
    })),
  ]);
  node.startKubelet();
  await fill({ ...options, plan, controlPlane, node, dir });
  return nodeTierOf(recorder.ready());
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

type Addresses = { readonly server: string; readonly gatewayAddress: string };

/** Writes the state file after every started program, so that a crash leaves nothing unknown. */
const createRecorder = (
  { name, programs, isEphemeral, audit }: BringUp,
  plan: NodePlan,
  { server, gatewayAddress }: Addresses,
) => {
  const start = { name, tier: 'node', isEphemeral: isEphemeral ?? false, server, kubectlPath: programs.kubectl } as const;
  let state = writeState({
    ...newState(start), gatewayAddress, network: { prefix: plan.prefix, index: plan.index },
    ...(audit === undefined ? {} : { auditLogPath: audit.path }),
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

type Fill = BringUp & {
  readonly plan: NodePlan;
  readonly controlPlane: ControlPlane;
  readonly node: Node;
  readonly dir: string;
};

/** Everything inside the cluster. Pods are asked for only when a node is there to take them. */
const fill = async (options: Fill): Promise<void> => {
  const { plan, controlPlane, node, dir, progress, archives } = options;
  const { api } = controlPlane;
  await Promise.all([
    progress.step('import images', () => node.importImages(archives)),
    progress.step('apply definitions, rights, volumes', async () => {
      await applyInOrder(api, [gatewayNamespaces(), await gatewayDefinitions()]);
      const storage = createStorage(join(dir, plan.nodeName, 'volumes'), plan.nodeName);
      await applyInOrder(api, [[...corednsSetup(), ...envoyGatewaySetup(), ...storage]]);
    }),
    progress.step('wait for the node', async () => {
      await waitForServiceAccount(controlPlane);
      await waitForNode(api, options);
    }),
    progress.step('make the gateway\'s certificates', () => makeGatewayCertificates(options)),
  ]);
  await progress.step('start DNS and gateway', async () => {
    const gateway = gatewayObjects({ clusters: options.clusters ?? 'rule' });
    await applyInOrder(api, [[corednsDeployment(), envoyGatewayDeployment(), ...gateway]]);
    await waitForAvailable(options);
    await waitForGateway(plan);
  });
};

const waitForNode = async (api: ApiClient, { plan, name }: Fill): Promise<void> => {
  await waitFor({
    what: `node ${plan.nodeName} to be Ready`,
    deadlineMs: READY_MS,
    diagnose: () => lastWords(name, ['kubelet', 'containerd', 'kube-controller-manager']),
    check: async () => {
      const { body } = await api({ method: 'GET', path: `/api/v1/nodes/${plan.nodeName}` });
      return /"type":"Ready","status":"True"/.test(body) && !/not-ready/.test(body) ? true : undefined;
    },
  });
};

/** Envoy Gateway's own program makes them and stores them as Secrets. */
const makeGatewayCertificates = async ({ controlPlane, programs, dir }: Fill): Promise<void> => {
  await applyObject(controlPlane.api, {
    apiVersion: 'v1', kind: 'Namespace', metadata: { name: CONTROLLER_NAMESPACE },
  });
  await run(programs['envoy-gateway'], ['certgen', '--disable-topology-injector'], {
    cwd: dir,
    env: { KUBECONFIG: join(dir, 'admin.kubeconfig'), ENVOY_GATEWAY_NAMESPACE: CONTROLLER_NAMESPACE },
    timeoutMs: 60_000,
  });
};

const waitForAvailable = async (options: Fill): Promise<void> => {
  const wanted = [
    { type: 'Available', path: '/apis/apps/v1/namespaces/kube-system/deployments/coredns' },
    { type: 'Available', path: `/apis/apps/v1/namespaces/${CONTROLLER_NAMESPACE}/deployments/envoy-gateway` },
    {
      type: 'Programmed',
      path: `/apis/gateway.networking.k8s.io/v1/namespaces/${GATEWAY_NAMESPACE}/gateways/${GATEWAY_NAME}`,
    },
  ];
  for (const { type, path } of wanted) {
    await waitFor({
      what: `${path.slice(path.lastIndexOf('/') + 1)} to be ${type}`,
      deadlineMs: READY_MS,
      diagnose: () => lastWords(options.name, ['kubelet', 'containerd']),
      check: async () => isConditionTrue((await options.controlPlane.api({ method: 'GET', path })).body, type),
    });
  }
};

/** True or undefined: whether an object's own status has this condition. */
const isConditionTrue = (body: string, type: string): true | undefined => {
  const object = JSON.parse(body) as { status?: { conditions?: { type: string; status: string }[] } };
  const found = object.status?.conditions?.find((condition) => condition.type === type);
  return found?.status === 'True' ? true : undefined;
};

/** The listener answers; without a route that is 404. */
const waitForGateway = async (plan: NodePlan): Promise<void> => {
  await waitFor({
    what: 'the gateway to answer the host',
    deadlineMs: READY_MS,
    check: () =>
      new Promise<true>((resolve, reject) => {
        const sent = request({ host: plan.nodeAddress, port: GATEWAY_PORT, agent: false, timeout: 2000 }, (answer) => {
          answer.resume();
          resolve(true);
        });
        sent.on('timeout', () => sent.destroy(new Error('no answer')));
        sent.on('error', reject);
        sent.end();
      }),
  });
};

const lastWords = (name: string, programs: readonly string[]): string =>
  programs.map((program) => tail({ name: program, logPath: join(logDir(name), `${program}.log`) }, 8)).join('\n');
