// What a running cluster leaves on disk, so that another process can find it, and end it after its
// starter has crashed. Written after every started program, always whole.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheDir, stateDir } from './paths.ts';
import type { Daemon } from './process/daemon.ts';
import { identify } from './process/proc.ts';
import type { ProcessIdentity } from './process/proc.ts';

const FORMAT = 1;

export type ClusterState = {
  readonly format: typeof FORMAT;
  readonly name: string;
  readonly tier: 'api' | 'node' | 'kind';
  readonly startedBy: ProcessIdentity;
  /** A cluster of a test run: it is ended by the next start when its starter has died. */
  readonly isEphemeral: boolean;
  readonly isReady: boolean;
  readonly server: string;
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  readonly daemons: readonly Daemon[];
  /** Node tier: namespaces and control groups begin with this; it also numbers the network. */
  readonly network?: { readonly prefix: string; readonly index: number };
  readonly gatewayAddress?: string;
  readonly traefikAddress?: string;
  readonly auditLogPath?: string;
  /** Clusters made by kind: the program that made them. */
  readonly kindPath?: string;
};

/** A first state for a cluster this process starts. */
export const newState = (
  start: Pick<ClusterState, 'name' | 'tier' | 'isEphemeral' | 'server' | 'kubectlPath'>,
): ClusterState => {
  const startedBy = identify(process.pid);
  if (startedBy === undefined) throw new Error('/proc does not know this process');
  const kubeconfigPath = join(stateDir(start.name), 'admin.kubeconfig');
  return { ...start, format: FORMAT, startedBy, isReady: false, kubeconfigPath, daemons: [] };
};

const fileOf = (name: string): string => join(stateDir(name), 'cluster.json');

/** Replaces the state file in one step. */
export const writeState = (state: ClusterState): ClusterState => {
  mkdirSync(stateDir(state.name), { recursive: true, mode: 0o700 });
  const path = fileOf(state.name);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
  return state;
};

/** The state of a cluster, or undefined when there is none. */
export const readState = (name: string): ClusterState | undefined => {
  const path = fileOf(name);
  return existsSync(path) ? parseState(readFileSync(path, 'utf8')) : undefined;
};

/** @throws Error when the text is no state file of this format. */
export const parseState = (text: string): ClusterState => {
  const value: unknown = JSON.parse(text);
  const isState =
    typeof value === 'object' && value !== null &&
    'format' in value && value.format === FORMAT &&
    'daemons' in value && Array.isArray(value.daemons);
  if (!isState) throw new Error('not a cluster state file of this version');
  return value as ClusterState;
};

/** Names of all clusters that have left state, running or not. */
export const knownClusters = (): readonly string[] => {
  const parent = join(cacheDir(), 'state');
  if (!existsSync(parent)) return [];
  return readdirSync(parent).filter((name) => existsSync(fileOf(name)));
};
