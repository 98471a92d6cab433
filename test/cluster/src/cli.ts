// The command line of the harness: parsing, and what is printed. Started by ../main.ts.

import { parseArgs } from 'node:util';

import { ensureImages } from '../../../tools/images/build.ts';
import { startApiTier } from './api-tier.ts';
import { startCluster } from './cluster.ts';
import { endDown, renderLeftovers } from './down.ts';
import { leftovers } from './leftovers.ts';
import { installedPackages } from './node/packages.ts';
import { cacheDir } from './paths.ts';
import { isAlive } from './process/proc.ts';
import { createProgress, renderDuration } from './progress.ts';
import { knownClusters, readState } from './state.ts';
import type { ClusterState } from './state.ts';

export const USAGE = `usage: node test/cluster/main.ts <command>

  up [--tier node|api] [--name NAME] [--traefik] [--engine auto|built-in|kind]
  down [--name NAME]   end a cluster; fails and lists what is left, if anything is
  status               clusters that run
  images               build the project's images
  leftovers            list what clusters have left on this machine; fails when there is something
`;

export type Command =
  | {
      readonly kind: 'up';
      readonly tier: 'node' | 'api';
      readonly name: string;
      readonly withTraefik: boolean;
      readonly engine: 'auto' | 'built-in' | 'kind';
    }
  | { readonly kind: 'down'; readonly name: string }
  | { readonly kind: 'status' | 'images' | 'leftovers' | 'help' };

/** @throws Error with a sentence for people when the arguments make no sense. */
export const parseCommand = (args: readonly string[]): Command => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tier: { type: 'string', default: 'node' },
      name: { type: 'string', default: 'slipway' },
      traefik: { type: 'boolean', default: false },
      engine: { type: 'string', default: 'auto' },
      help: { type: 'boolean', default: false },
    },
  });
  const [command = 'help', ...others] = positionals;
  if (others.length > 0) throw new Error(`one command at a time, not also "${others.join(' ')}"`);
  if (values.help) return { kind: 'help' };
  const { tier, name, engine } = values;
  switch (command) {
    case 'up': {
      if (tier !== 'node' && tier !== 'api') throw new Error(`--tier is node or api, not "${tier}"`);
      if (engine !== 'auto' && engine !== 'built-in' && engine !== 'kind') {
        throw new Error(`--engine is auto, built-in or kind, not "${engine}"`);
      }
      return { kind: 'up', tier, name, withTraefik: values.traefik, engine };
    }
    case 'down':
      return { kind: 'down', name };
    case 'status':
    case 'images':
    case 'leftovers':
    case 'help':
      return { kind: command };
    default:
      throw new Error(`there is no command "${command}"`);
  }
};

/** Runs a command and returns the exit code. */
export const runCommand = async (command: Command): Promise<number> => {
  switch (command.kind) {
    case 'up':
      return up(command);
    case 'down':
      return down(command.name);
    case 'status':
      return status();
    case 'images':
      return images();
    case 'leftovers':
      return listLeftovers();
    case 'help': {
      say(USAGE);
      return 0;
    }
    default:
      return command satisfies never;
  }
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

type Up = Extract<Command, { readonly kind: 'up' }>;

const up = async ({ tier, name, engine, withTraefik }: Up): Promise<number> => {
  const startedAtMs = Date.now();
  const progress = createProgress(process.stdout);
  if (isRunning(name)) {
    say(`${name} is up already; \`down\` ends it`);
    return 0;
  }
  const common = { name, isEphemeral: false, progress };
  const cluster = tier === 'api'
    ? await startApiTier(common)
    : await startCluster({ ...common, engine, withTraefik });
  say(`\n${name} is up after ${renderDuration(Date.now() - startedAtMs)}`);
  say(`  export KUBECONFIG=${cluster.kubeconfigPath}`);
  say(`  kubectl  ${cluster.binaries.kubectl}`);
  if ('gatewayAddress' in cluster) say(`  gateway  ${cluster.gatewayAddress}`);
  if ('traefikAddress' in cluster && cluster.traefikAddress !== undefined) say(`  traefik  ${cluster.traefikAddress}`);
  return 0;
};

const isRunning = (name: string): boolean => {
  const state = readState(name);
  return state?.isReady === true && state.daemons.every(isAlive);
};

const down = async (name: string): Promise<number> => {
  const startedAtMs = Date.now();
  const wasThere = readState(name) !== undefined;
  await endDown(name);
  if (wasThere) say(`${name} is gone after ${renderDuration(Date.now() - startedAtMs)}`);
  else say(`there is no cluster "${name}"`);
  say(`what stays: the cache ${cacheDir()}`);
  const packages = installedPackages();
  if (packages.length > 0) say(`            Debian packages ${packages.join(' ')}`);
  return 0;
};

const status = (): number => {
  const names = knownClusters();
  if (names.length === 0) say('no cluster');
  for (const name of names) {
    const state = readState(name);
    if (state === undefined) continue;
    say(`${name.padEnd(20)} ${state.tier.padEnd(5)} ${healthOf(state).padEnd(10)} ${state.kubeconfigPath}`);
  }
  return 0;
};

const healthOf = ({ daemons, isReady }: ClusterState): string => {
  const dead = daemons.filter((daemon) => !isAlive(daemon));
  if (dead.length > 0) return `broken, ended: ${dead.map((daemon) => daemon.name).join(', ')}`;
  return isReady ? 'ready' : 'starting';
};

const images = async (): Promise<number> => {
  const progress = createProgress(process.stdout);
  const built = await ensureImages({ progress });
  for (const [reference, digest] of built.digests) say(`${reference.padEnd(36)} ${digest}`);
  say(built.archive);
  return 0;
};

const listLeftovers = (): number => {
  const left = leftovers();
  say(left.length === 0 ? 'nothing is left' : renderLeftovers(left));
  return left.length === 0 ? 0 : 1;
};
