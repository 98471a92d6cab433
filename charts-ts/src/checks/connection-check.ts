// The connection budget: the pools of all pods that may run at once, stable and canary together, fit
// into what the database takes. A rollout that does not fit fails in production only, at its peak.
import type { Finding } from './finding.ts';
import { podCount } from './pod-count.ts';
import { contained, namespaceOf, type Check, type Contained, type World } from './world.ts';

type Limits = World['databases'][number];

interface Share {
  readonly connections: number;
  /** For the message: `ledger 2 x 6 (stable and canary) x 5`. */
  readonly text: string;
}

const DEFAULT_RESERVED = 10;
const DEFAULT_PER_JOB = 2;
const JOBS = ['Job', 'CronJob'];

/** Finds databases that would be asked for more connections than they take, and pools nobody knows. */
export const checkConnections: Check = (world) => world.databases.flatMap((one) => checkDatabase(one, world));

function checkDatabase(limits: Limits, world: World): readonly Finding[] {
  const clients = contained(world).filter((one) => isClient(one, limits));
  const unknown = clients.flatMap((client) => whyUnknown(client, world));
  const shares = clients.flatMap((client) => shareOf(client, { limits, world }) ?? []);
  const sum = shares.reduce((total, { connections }) => total + connections, 0);
  const { reserved = DEFAULT_RESERVED, maxConnections } = limits;
  if (sum <= maxConnections - reserved) return unknown;
  const parts = shares.map(({ text, connections }) => `${text} = ${connections}`).join('; ');
  return [
    ...unknown,
    {
      path: limits.path,
      field: 'maxConnections',
      problem: `${sum} connections at the peak (${parts}), and ${maxConnections} - ${reserved} reserved are there`,
      remedy: 'Make the pools or the number of pods smaller, put a pooler in between, or raise max_connections',
    },
  ];
}

/* The database reads the same Secret, to make the role. */
function isClient(client: Contained, { databaseSecret, namespace }: Limits): boolean {
  const { object, template, container } = client;
  if (object.metadata.namespace !== namespace) return false;
  if (template.labels['app.kubernetes.io/component'] === 'database') return false;
  const volumes = (template.spec.volumes ?? []).filter(
    ({ secret }) => secret?.secretName === databaseSecret,
  );
  const mounts = (container.volumeMounts ?? []).map(({ name }) => name);
  return (
    (container.env ?? []).some(({ valueFrom }) => valueFrom?.secretKeyRef?.name === databaseSecret) ||
    (container.envFrom ?? []).some(({ secretRef }) => secretRef?.name === databaseSecret) ||
    volumes.some(({ name }) => mounts.includes(name))
  );
}

function shareOf(client: Contained, { limits, world }: { limits: Limits; world: World }): Share | undefined {
  const { name } = client.object.metadata;
  if (JOBS.includes(client.object.kind)) {
    const connections = limits.perJob ?? DEFAULT_PER_JOB;
    return { connections, text: name };
  }
  const count = podCount(client, world);
  const pool = poolOf(client);
  if (count === undefined || pool === undefined) return undefined;
  return { connections: count.peak * pool, text: `${name} ${count.because} x ${pool}` };
}

function whyUnknown(client: Contained, world: World): readonly Finding[] {
  if (JOBS.includes(client.object.kind)) return [];
  const { path, containerField } = client;
  const found: Finding[] = [];
  if (poolOf(client) === undefined) {
    found.push({
      path,
      field: `${containerField}.env`,
      problem: 'the size of its connection pool is not stated, so the budget is not known',
      remedy: 'Set DB_POOL_SIZE to a whole number',
    });
  }
  if (podCount(client, world) === undefined) {
    found.push({
      path,
      field: 'spec.replicas',
      problem: `nobody says how many pods ${namespaceOf(client)}/${client.object.metadata.name} has`,
      remedy: "Set the AppRelease's spec.replicas, or add an Autoscaler for it",
    });
  }
  return found;
}

function poolOf({ container }: Contained): number | undefined {
  const text = (container.env ?? []).find(({ name }) => name === 'DB_POOL_SIZE')?.value;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
