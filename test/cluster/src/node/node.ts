// One node: namespaces held by a small init, containerd, kubelet, kube-proxy. Killing the init ends
// everything inside, and its mounts vanish with the mount namespace.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { requireProgram } from '../build/prerequisites.ts';
import type { Programs } from '../build/go-build.ts';
import { run } from '../process/command.ts';
import { endedOne, startDaemon, tail } from '../process/daemon.ts';
import type { Daemon, DaemonSpec } from '../process/daemon.ts';
import { childrenOf, commandLine, identify } from '../process/proc.ts';
import { waitFor } from '../process/wait.ts';
import { createCgroups } from './cgroups.ts';
import { kubeletArgs, renderContainerd, renderKubelet, renderPodNetwork, renderProxy } from './config.ts';
import type { NodePaths } from './config.ts';
import { enterNetwork } from './network.ts';
import type { NodePlan } from './plan.ts';

export type NodeOptions = {
  readonly plan: NodePlan;
  readonly paths: NodePaths;
  readonly logDir: string;
  /** State folder of the cluster. */
  readonly owner: string;
  readonly programs: Programs<'pause' | 'kubelet' | 'kube-proxy'>;
  readonly kubeletKubeconfigPath: string;
  readonly proxyKubeconfigPath: string;
  readonly onDaemon: (daemon: Daemon) => void;
};

export type Node = {
  /** Loads image archives into containerd. */
  importImages(paths: readonly string[]): Promise<void>;
  /** Starts kubelet and kube-proxy; the API server must be ready. */
  startKubelet(): void;
};

const READY_MS = 60_000;

/** Creates the namespaces and starts containerd. */
export const startNode = async (options: NodeOptions): Promise<Node> => {
  const { plan, paths, onDaemon } = options;
  const folders = ['containerd', 'run', 'kubelet', 'cni/net.d', 'pods-log', 'volumes', 'volume-plugins'];
  for (const folder of folders) mkdirSync(join(paths.dir, folder), { recursive: true, mode: 0o711 });
  createCgroups(plan.cgroup);
  const init = await startInit(options);
  const inside = (spec: DaemonSpec): DaemonSpec => ({
    ...spec, command: requireProgram('nsenter', 'util-linux'), args: [...enter(init.pid), spec.command, ...spec.args],
  });
  const start = (name: string, command: string, args: readonly string[]): Daemon => {
    const logPath = join(options.logDir, `${name}.log`);
    const daemon = startDaemon(inside({ name, owner: options.owner, command, args, logPath }));
    onDaemon(daemon);
    return daemon;
  };
  writeFileSync(join(paths.dir, 'containerd.toml'), renderContainerd(paths));
  writeFileSync(join(paths.dir, 'cni/net.d/10-slipway.conflist'), renderPodNetwork(paths));
  writeFileSync(join(paths.dir, 'resolv.conf'), '');
  const containerd = requireProgram('containerd', 'containerd');
  const daemon = start('containerd', containerd, ['-c', join(paths.dir, 'containerd.toml'), '-l', 'warn']);
  await waitFor({
    what: 'containerd to answer',
    deadlineMs: READY_MS,
    hopeless: endedOne([daemon]),
    diagnose: () => tail(daemon),
    check: async () => (existsSync(paths.socket) && (await ctr(paths, ['version'])) !== '' ? true : undefined),
  });
  return {
    importImages: (archives) => importImages(paths, archives),
    startKubelet: () => {
      writeFileSync(join(paths.dir, 'kubelet.json'), renderKubelet(plan, paths));
      writeFileSync(join(paths.dir, 'proxy.json'), renderProxy(plan, options.proxyKubeconfigPath));
      start('kubelet', options.programs.kubelet, kubeletArgs(plan, paths, options.kubeletKubeconfigPath));
      start('kube-proxy', options.programs['kube-proxy'], [`--config=${join(paths.dir, 'proxy.json')}`]);
    },
  };
};

const ctr = ({ socket }: NodePaths, args: readonly string[]): Promise<string> =>
  run('ctr', ['-a', socket, '-n', 'k8s.io', ...args]);

/** Loads image archives into a node's containerd. */
export const importImages = async (paths: NodePaths, archives: readonly string[]): Promise<void> => {
  for (const archive of archives) {
    await ctr(paths, ['images', 'import', '--snapshotter', 'overlayfs', archive]);
  }
};

/** Runs a program inside a node's namespaces and returns its output. */
export const execInside = (init: Daemon, command: string, args: readonly string[]): Promise<string> =>
  run('nsenter', [...enter(init.pid), command, ...args]);

/** Arguments of nsenter for a node's namespaces. It forgets the working directory. */
const enter = (initPid: number): readonly string[] => ['-t', String(initPid), '-m', '-p', '-n', '--'];

/** The namespaces live as long as this first process of theirs. */
const startInit = async (options: NodeOptions): Promise<Daemon> => {
  const { plan, programs, onDaemon } = options;
  const logPath = join(options.logDir, 'node-init.log');
  const hold = `mount --make-rshared / && exec ${programs.pause}`;
  const outside = startDaemon({
    name: 'node-unshare', owner: options.owner, logPath, command: requireProgram('nsenter', 'util-linux'),
    args: [
      ...enterNetwork(plan.nodeNetns), 'unshare', '--mount', '--pid', '--fork', '--kill-child',
      '--propagation', 'slave', '--mount-proc', '--', 'sh', '-c', hold,
    ],
  });
  onDaemon(outside);
  const identity = await waitFor({
    what: "the node's first process",
    deadlineMs: READY_MS,
    everyMs: 10,
    hopeless: endedOne([outside]),
    check: () => {
      const pid = childrenOf(outside.pid).find((child) => commandLine(child) === programs.pause);
      return pid === undefined ? undefined : identify(pid);
    },
  });
  const init: Daemon = {
    ...identity, name: 'node-init', owner: options.owner, logPath, command: programs.pause, args: [],
  };
  onDaemon(init);
  return init;
};
