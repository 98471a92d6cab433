// The node tier on a machine with a Docker engine: kind makes the node, we add the gateway. Never
// run by those who wrote it, who have no Docker engine; the configuration is checked by a test.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { buildWithDocker } from '../../../../tools/images/docker.ts';
import { gatewayDefinitions } from '../addons/crds.ts';
import {
  CONTROLLER_NAMESPACE, GATEWAY_NAME, GATEWAY_NAMESPACE, envoyGatewayDeployment, envoyGatewaySetup,
  gatewayNamespaces, gatewayObjects, publishedImages,
} from '../addons/envoy-gateway.ts';
import type { EnvoyOptions } from '../addons/envoy-gateway.ts';
import { ensureBinaries } from '../build/go-build.ts';
import { findProgram } from '../build/prerequisites.ts';
import { endDown } from '../down.ts';
import { createKubectl } from '../kubectl.ts';
import type { Kubectl } from '../kubectl.ts';
import type { NodeTier, NodeTierOptions } from '../node-tier.ts';
import { GATEWAY_PORT } from '../node/plan.ts';
import { REPOSITORY, assertUsableName, stateDir } from '../paths.ts';
import { run } from '../process/command.ts';
import { silentProgress } from '../progress.ts';
import { newState, writeState } from '../state.ts';
import type { ClusterState } from '../state.ts';

/** True when a Docker engine answers. The client alone is not enough. */
export const hasDockerEngine = async (): Promise<boolean> => {
  if (findProgram('docker') === undefined) return false;
  const asked = run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 20_000 });
  return asked.then((version) => version.trim() !== '', () => false);
};

/** Creates a kind cluster from kind-config.yaml, with the project's images and the gateway. */
export const startKind = async (options: NodeTierOptions = {}): Promise<NodeTier> => {
  const name = options.name ?? 'slipway';
  if (options.withTraefik === true) throw new Error('Traefik runs on the built-in node only');
  assertUsableName(name);
  const progress = options.progress ?? silentProgress;
  const programs = await ensureBinaries(['kind', 'kubectl', 'envoy-gateway'], { progress });
  mkdirSync(stateDir(name), { recursive: true, mode: 0o700 });
  const start = { name, tier: 'kind', isEphemeral: false, server: '', kubectlPath: programs.kubectl } as const;
  const state = writeState({
    ...newState(start), kindPath: programs.kind, gatewayAddress: `http://127.0.0.1:${GATEWAY_PORT}`,
  });
  const { kubeconfigPath } = state;
  await progress.step('create the kind cluster', () => run(programs.kind, [
    'create', 'cluster', '--name', name, '--config', join(REPOSITORY, 'kind-config.yaml'),
    '--kubeconfig', kubeconfigPath, '--wait', '180s',
  ]));
  await progress.step('build and load images', async () => {
    const references = await buildWithDocker();
    await run(programs.kind, ['load', 'docker-image', '--name', name, ...references]);
  });
  const kubectl = createKubectl(programs.kubectl, kubeconfigPath);
  const makeCertificates = async (): Promise<void> => {
    await run(programs['envoy-gateway'], ['certgen', '--disable-topology-injector'], {
      cwd: stateDir(name), env: { KUBECONFIG: kubeconfigPath, ENVOY_GATEWAY_NAMESPACE: CONTROLLER_NAMESPACE },
    });
  };
  const { clusters = 'rule' } = options;
  await progress.step('start the gateway', () => startGateway(kubectl, { clusters, makeCertificates }));
  const server = await kubectl(['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}']);
  return kindTierOf(writeState({ ...state, server, isReady: true }));
};

type GatewayStart = Pick<EnvoyOptions, 'clusters'> & { readonly makeCertificates: () => Promise<void> };

const startGateway = async (
  kubectl: Kubectl, { clusters, makeCertificates }: GatewayStart,
): Promise<void> => {
  const apply = async (objects: readonly object[]): Promise<void> => {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
  };
  const definitions = await gatewayDefinitions();
  await apply([...gatewayNamespaces(), ...definitions]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
  await makeCertificates();
  const images = publishedImages();
  await apply([
    ...envoyGatewaySetup(images), ...gatewayObjects({ clusters, images }),
    envoyGatewayDeployment(images),
  ]);
  const gateway = `gateway/${GATEWAY_NAME}`;
  await kubectl(['wait', '-n', GATEWAY_NAMESPACE, gateway, '--for=condition=Programmed', '--timeout=110s']);
};

/** A handle on a running kind cluster. */
export const kindTierOf = (state: ClusterState): NodeTier => {
  const { name } = state;
  const node = `${name}-control-plane`;
  const kind = state.kindPath ?? 'kind';
  return {
    name,
    server: state.server,
    kubeconfigPath: state.kubeconfigPath,
    binaries: { kubectl: state.kubectlPath },
    nodeName: node,
    nodeAddress: '127.0.0.1',
    gatewayAddress: state.gatewayAddress ?? '',
    traefikAddress: undefined,
    auditLogPath: undefined,
    importImages: async (archives) => {
      for (const archive of archives) await run(kind, ['load', 'image-archive', '--name', name, archive]);
    },
    exec: (command, args) => run('docker', ['exec', node, command, ...args]),
    restartApiServer: () => Promise.reject(new Error('restarting the API server is not supported on kind')),
    stop: () => endDown(name),
  };
};
