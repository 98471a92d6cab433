// Starts the cluster and installs the product once for all end-to-end tests. A module of its own
// kind because Jest wants a default export here.
import { createProgress } from '../cluster/src/progress.ts';
import { openCluster } from './support/open-cluster.ts';
import { installStack, openStack } from './support/stack.ts';

export default async function setUp() {
  process.stdout.write('\n');
  const progress = createProgress(process.stdout);
  const access = await openCluster(progress, {
    name: 'e2e',
    isEphemeral: true,
    clusters: 'labelled',
    withTraefik: true,
  });
  // By this variable the tests find the cluster (support/access.ts).
  process.env['SLIPWAY_E2E_ACCESS'] = JSON.stringify(access);
  const stack = openStack(access);
  await installStack(stack, progress);
  stack.transport.close();
}
