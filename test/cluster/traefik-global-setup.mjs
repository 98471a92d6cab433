// Builds the second data plane, too, before any test's clock runs.
import { ensureNodeParts } from './src/node-tier.ts';
import setUpHarness from './global-setup.mjs';
import { createProgress } from './src/progress.ts';

export default async function setUp() {
  await setUpHarness();
  await ensureNodeParts({ progress: createProgress(process.stdout), withTraefik: true });
}
