// The whole product on a cluster, as a user installs it: rendered manifests, applied in their order.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DEMO } from '../../../charts-ts/src/environments/demo.ts';
import { createClient, type KubeClient } from '../../../operator/src/kube/client.ts';
import { connect } from '../../../operator/src/kube/connect.ts';
import type { Transport } from '../../../operator/src/kube/transport.ts';
import type { Progress } from '../../cluster/src/progress.ts';
import type { LedgerAddress } from '../../load/exchange.ts';

/** What a stack needs to know of its cluster. */
export interface ClusterAccess {
  readonly kubeconfigPath: string;
  readonly kubectl: string;
  /** URL of the Gateway without a slash at the end. */
  readonly gatewayAddress: string;
  /** The same of the second data plane, where the cluster has one. */
  readonly traefikAddress?: string | undefined;
}

export interface Stack extends ClusterAccess {
  readonly transport: Transport;
  readonly client: KubeClient;
  readonly ledger: LedgerAddress;
  /** Runs kubectl and returns its output; throws with its words. */
  kubectlRun(...args: string[]): Promise<string>;
}

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const WAIT = '--timeout=120s';

export function openStack(access: ClusterAccess): Stack {
  const transport = connect({ kubeconfigPath: access.kubeconfigPath, userAgent: 'slipway-e2e' });
  return {
    ...access,
    transport,
    client: createClient(transport),
    ledger: { target: access.gatewayAddress, hostHeader: DEMO.host },
    async kubectlRun(...args) {
      const { stdout } = await run(
        access.kubectl,
        ['--kubeconfig', access.kubeconfigPath, ...args],
        { maxBuffer: 16 * 1024 * 1024 },
      );
      return stdout;
    },
  };
}

/** Installs everything and waits until the first version serves through the gateway. */
export async function installStack(stack: Stack, progress: Progress): Promise<void> {
  const apply = (file: string) =>
    stack.kubectlRun(
      'apply',
      '--server-side',
      '--force-conflicts',
      '-f',
      join(root, 'deploy', file),
    );
  const wait = (...args: string[]) => stack.kubectlRun('-n', DEMO.namespace, 'wait', WAIT, ...args);
  await progress.step('install the operator', async () => {
    for (const file of filesOf('demo').filter((name) => name < 'demo/20')) await apply(file);
    await stack.kubectlRun(
      'wait',
      WAIT,
      '--for=condition=Established',
      'crd/appreleases.slipway.dev',
      'crd/releaseactions.slipway.dev',
    );
  });
  await createDatabaseSecret(stack);
  await progress.step('start PostgreSQL', async () => {
    await apply('demo/20-postgres.yaml');
    await stack.kubectlRun('-n', DEMO.namespace, 'rollout', 'status', 'statefulset/postgres', WAIT);
  });
  await progress.step('apply the migrations', async () => {
    await apply('demo/30-migration.yaml');
    await wait('--for=condition=complete', 'job', '--all');
  });
  await progress.step('start the operator', () =>
    stack.kubectlRun(
      '-n',
      'slipway-system',
      'rollout',
      'status',
      'deployment/slipway-operator',
      WAIT,
    ),
  );
  await progress.step('release the first version', async () => {
    for (const file of filesOf('demo').filter((name) => name > 'demo/30-z')) await apply(file);
    await wait('--for=condition=Ready', `apprelease/${DEMO.app}`);
  });
}

function filesOf(environment: string): string[] {
  return readdirSync(join(root, 'deploy', environment))
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => join(environment, name));
}

/* Made here, at random: no secret stands in git. */
async function createDatabaseSecret({ client }: Stack): Promise<void> {
  const password = randomBytes(18).toString('base64url');
  await client.apply(
    { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: DEMO.databaseSecret, namespace: DEMO.namespace },
      stringData: {
        username: 'ledger',
        password,
        database: 'ledger',
        host: 'postgres',
        url: `postgresql://ledger:${password}@postgres:5432/ledger`,
      },
    },
    { fieldManager: 'demo' },
  );
}
