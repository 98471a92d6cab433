// What is inside a node-tier cluster before anybody uses it: definitions, volumes, DNS, the gateway
// and images.

import { request } from 'node:http';
import { join } from 'node:path';

import { corednsDeployment, corednsSetup } from './addons/coredns.ts';
import { gatewayDefinitions } from './addons/crds.ts';
import {
  CONTROLLER_NAMESPACE, GATEWAY_NAME, GATEWAY_NAMESPACE, envoyGatewayDeployment, envoyGatewaySetup,
  gatewayNamespaces, gatewayObjects,
} from './addons/envoy-gateway.ts';
import type { EnvoyOptions } from './addons/envoy-gateway.ts';
import { createStorage } from './addons/storage.ts';
import { TRAEFIK_GATEWAY, traefikObjects } from './addons/traefik.ts';
import type { ApiClient } from './api-client.ts';
import { applyInOrder, applyObject } from './apply.ts';
import type { Programs } from './build/go-build.ts';
import { waitForServiceAccount } from './control-plane/control-plane.ts';
import type { ControlPlane } from './control-plane/control-plane.ts';
import type { Node } from './node/node.ts';
import { GATEWAY_PORT, SECOND_GATEWAY_PORT } from './node/plan.ts';
import type { NodePlan } from './node/plan.ts';
import { logDir } from './paths.ts';
import { run } from './process/command.ts';
import { tail } from './process/daemon.ts';
import { ownerMark } from './process/proc.ts';
import { waitFor } from './process/wait.ts';
import type { Progress } from './progress.ts';

const READY_MS = 120_000;

export type Fill = {
  readonly name: string;
  readonly progress: Progress;
  readonly programs: Programs<'envoy-gateway'>;
  /** Image archives without which nothing of the cluster itself starts. */
  readonly systemArchives: readonly string[];
  /** The others. */
  readonly archives: readonly string[];
  readonly clusters: EnvoyOptions['clusters'];
  readonly withTraefik: boolean;
  readonly plan: NodePlan;
  readonly controlPlane: ControlPlane;
  readonly node: Pick<Node, 'importImages'>;
  readonly dir: string;
};

/**
 * Fills a cluster whose API server and kubelet run. Pods are asked for only when a node is there to
 * take them.
 */
export const fillCluster = async (options: Fill): Promise<void> => {
  const { node, progress, systemArchives, archives } = options;
  const system = progress.step('import images of the system', () => node.importImages(systemArchives));
  const programs = system.then(() =>
    progress.step('import images of programs', () => node.importImages(archives)));
  const started = Promise.all([system, prepare(options)]).then(() => startPods(options));
  await Promise.all([programs, started]);
};

/** All that needs no pod: it goes on while images are imported. */
const prepare = async (options: Fill): Promise<void> => {
  const { plan, controlPlane, dir, progress, clusters } = options;
  const { api } = controlPlane;
  await Promise.all([
    progress.step('apply definitions, rights, volumes', async () => {
      await applyInOrder(api, [gatewayNamespaces(), await gatewayDefinitions()]);
      const storage = createStorage(join(dir, plan.nodeName, 'volumes'), plan.nodeName);
      await applyInOrder(api, [[...corednsSetup(), ...envoyGatewaySetup(), ...storage]]);
      // One after the other, and all before the controller runs: a class without its settings would
      // get an Envoy from a registry, and keep it.
      await applyInOrder(api, gatewayObjects({ clusters }).map((object) => [object]));
    }),
    progress.step('wait for the node', async () => {
      await waitForServiceAccount(controlPlane);
      await waitForNode(api, options);
    }),
    progress.step('make the gateway\'s certificates', () => makeGatewayCertificates(options)),
  ]);
};

const startPods = async (options: Fill): Promise<void> => {
  const { plan, controlPlane, progress } = options;
  const { api } = controlPlane;
  await progress.step('start DNS and gateway', async () => {
    await applyInOrder(api, [[corednsDeployment(), envoyGatewayDeployment()]]);
    await waitForAll(options, [COREDNS, ENVOY_GATEWAY, gatewayPath(GATEWAY_NAME)]);
    await waitForListener(plan.nodeAddress, GATEWAY_PORT);
  });
  if (!options.withTraefik) return;
  await progress.step('start Traefik', async () => {
    await applyInOrder(api, traefikObjects(plan.nodeAddress));
    await waitForAll(options, [gatewayPath(TRAEFIK_GATEWAY)]);
    await waitForListener(plan.nodeAddress, SECOND_GATEWAY_PORT);
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
    env: {
      KUBECONFIG: join(dir, 'admin.kubeconfig'),
      ENVOY_GATEWAY_NAMESPACE: CONTROLLER_NAMESPACE,
      ...ownerMark(dir),
    },
    timeoutMs: 60_000,
  });
};

const COREDNS = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';
const ENVOY_GATEWAY = `/apis/apps/v1/namespaces/${CONTROLLER_NAMESPACE}/deployments/envoy-gateway`;
const gatewayPath = (name: string): string =>
  `/apis/gateway.networking.k8s.io/v1/namespaces/${GATEWAY_NAMESPACE}/gateways/${name}`;

const waitForAll = async (options: Fill, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    const condition = path.includes('/gateways/') ? 'Programmed' : 'Available';
    await waitFor({
      what: `${path.slice(path.lastIndexOf('/') + 1)} to be ${condition}`,
      deadlineMs: READY_MS,
      diagnose: () => lastWords(options.name, ['kubelet', 'containerd']),
      check: async () => {
        const { body } = await options.controlPlane.api({ method: 'GET', path });
        return isConditionTrue(body, condition);
      },
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
const waitForListener = async (host: string, port: number): Promise<void> => {
  await waitFor({
    what: `the gateway at ${host}:${port} to answer`,
    deadlineMs: READY_MS,
    check: () =>
      new Promise<true>((resolve, reject) => {
        const sent = request({ host, port, agent: false, timeout: 2000 }, (answer) => {
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
