// init: a team's own image or Deployment in, manifests that say why out.
import { relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { parseSpec } from '../api/parse.ts';
import { assert } from '../lib/assert.ts';
import { record } from '../lib/json.ts';
import { openCluster } from './cluster.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CLUSTER_FLAGS, type Arguments } from './flags.ts';
import { newApp } from './init/answers.ts';
import type { InitApp } from './init/app.ts';
import { existingApp, type Sources } from './init/deployment-facts.ts';
import { chartsFiles } from './init/charts-text.ts';
import { manifestFiles, nextSteps, type InitFile } from './init/plan.ts';
import type { Io } from './io.ts';
import { readManifests } from './manifests.ts';
import { UserError } from './user-error.ts';

export const INIT_COMMAND: Command = {
  name: 'init',
  operands: '--name <name> --image <image> --port <port>',
  summary: 'Writes the first manifests for an application of your own.',
  details: [
    'For a new application: deployment.yaml, service.yaml and release.yaml. With --from-deployment the',
    'Deployment that is there stays as it is and release.yaml is written beside it. Each line says why it',
    'is there; the files are yours from then on. Nothing is overwritten without --force. With --charts',
    'the same is written as a program that renders it, with the constructs of charts-ts.',
  ],
  flags: {
    name: { type: 'string', value: 'name', help: 'Of the application; of the Deployment, if there is one.' },
    image: { type: 'string', value: 'image', help: 'With a full version, a commit or a digest; no tag that moves.' },
    port: { type: 'string', value: 'number', help: 'That the container listens on.' },
    'metrics-port': { type: 'string', value: 'number', help: 'Where it serves http_requests_total.' },
    'metrics-path': { type: 'string', value: 'path', help: 'Default: /metrics.' },
    health: { type: 'string', value: 'path', help: 'A page that is 200 when it can serve. Default: an open port.' },
    replicas: { type: 'string', value: 'number', help: 'Pods that serve. Default: 4.' },
    host: { type: 'string', value: 'host', help: 'That users come to, through --gateway.' },
    gateway: { type: 'string', value: 'namespace/name', help: 'The Gateway that splits the traffic.' },
    'from-deployment': {
      type: 'string',
      value: 'file|live',
      help: 'A Deployment that is there: in a file, - for standard input, or live in the cluster by --name.',
    },
    output: { type: 'string', short: 'o', value: 'folder', help: 'Where to write. Default: here.' },
    charts: { type: 'boolean', help: 'Write TypeScript for charts-ts in place of YAML.' },
    force: { type: 'boolean', help: 'Overwrite files that are there.' },
    ...CLUSTER_FLAGS,
  },
  examples: [
    'kubectl slipway init --name shop --image registry.example/shop:1.2.3 --port 8080 --metrics-port 9090',
    'kubectl slipway init --from-deployment deploy.yaml --host shop.example.com --gateway gateways/public',
    'kubectl slipway init --from-deployment live --name shop -n shop -o manifests',
  ],
  run: runInit,
};

async function runInit(args: Arguments, io: Io): Promise<ExitCode> {
  const [operand] = args.positionals;
  if (operand !== undefined) throw new UserError(`${operand}: init takes options only, see --help`);
  const app = await appOf(args, io);
  const folder = folderOf(args);
  const isCharts = args.isSet('charts');
  const made = isCharts ? chartsFiles(app, checkoutFrom(`${folder}charts`)) : manifestFiles(app);
  const files = made.map(({ path, text }) => ({ path: `${folder}${path}`, text }));
  assertValid(files);
  refuseOverwriting(files, args, io);
  for (const { path, text } of files) {
    io.writeText(path, text);
    io.out(`wrote ${path}\n`);
  }
  const paths = files.map(({ path }) => path);
  const written = isCharts ? { kind: 'charts' as const, folder } : { kind: 'manifests' as const, paths };
  for (const line of nextSteps(app, written)) io.out(`${line}\n`);
  return EXIT.ok;
}

/* Where to write, with the slash that a path needs after it; nothing for the folder we are in. */
function folderOf(args: Arguments): string {
  const folder = args.text('output') ?? '';
  return folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
}

/* This program runs from a checkout of Slipway: that is where the constructs are. */
function checkoutFrom(folder: string): string {
  return relative(resolve(folder), resolve(import.meta.dirname, '../../..'));
}

async function appOf(args: Arguments, io: Io): Promise<InitApp> {
  const from = args.text('from-deployment');
  if (from === undefined) return newApp(args);
  for (const flag of ['image', 'health']) {
    if (args.text(flag) !== undefined) throw new UserError(`--${flag}: the Deployment says that already`);
  }
  const objects = from === 'live' ? await liveObjects(args, io) : fileObjects(io, from);
  const sources: Sources = { where: from === 'live' ? 'the cluster' : from, objects };
  return existingApp(args, sources);
}

function fileObjects(io: Io, path: string): Record<string, unknown>[] {
  if (path !== '-' && io.readText(path) === undefined) {
    throw new UserError(`--from-deployment: there is no file ${path}`);
  }
  return readManifests(io, path);
}

async function liveObjects(args: Arguments, io: Io): Promise<Record<string, unknown>[]> {
  const name = args.text('name');
  if (name === undefined) throw new UserError('--name is missing: of the Deployment in the cluster');
  const cluster = openCluster(args, io);
  try {
    return await cluster.workload(name);
  } finally {
    cluster.close();
  }
}

/* What we write must be what the operator reads; anything else is our mistake. */
function assertValid(files: readonly InitFile[]): void {
  for (const { path, text } of files.filter((file) => file.path.endsWith('.yaml'))) {
    for (const document of parseAllDocuments(text)) {
      assert(document.errors.length === 0, `${path} is YAML`);
      const object = record(document.toJS());
      if (object['kind'] === 'AppRelease') {
        assert(parseSpec(object['spec']).kind === 'valid', `${path} is a valid AppRelease`);
      }
    }
  }
}

function refuseOverwriting(files: readonly InitFile[], args: Arguments, io: Io): void {
  if (args.isSet('force')) return;
  const there = files.map(({ path }) => path).filter((path) => io.readText(path) !== undefined);
  if (there.length === 0) return;
  throw new UserError(
    `${there.join(', ')}: there already. Nothing was written; give another folder (--output) or --force`,
  );
}
