// Starts the cluster and installs the product once for all end-to-end tests.
import { createProgress } from '../cluster/src/progress.ts';
import { openCluster } from './support/open-cluster.ts';
import { installStack, openStack } from './support/stack.ts';

/** The environment variable by which the tests find the cluster. */
const ACCESS = 'SLIPWAY_E2E_ACCESS';

// Jest wants a default export here.
// oxlint-disable-next-line import/no-default-export
export default async function setUp(): Promise<void> {
  process.stdout.write('\n');
  const progress = createProgress(process.stdout);
  const access = await openCluster(progress, { name: 'e2e', isEphemeral: true });
  process.env[ACCESS] = JSON.stringify(access);
  const stack = openStack(access);
  await installStack(stack, progress);
  stack.transport.close();
}
