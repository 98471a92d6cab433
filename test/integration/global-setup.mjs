// Starts the one cluster of the run.
import { join } from 'node:path';
import { startApiTier } from '../cluster/src/api-tier.ts';
import { cacheFolder } from '../cluster/src/paths.ts';
import { createProgress } from '../cluster/src/progress.ts';
import { installKinds } from './support/install-kinds.ts';

// oxlint-disable-next-line import/no-default-export -- jest asks for one
export default async function setUp() {
  // Files with a cluster of their own count from 1 again, each in its realm: another name than theirs.
  const name = `integration-${process.pid}`;
  const audit = { path: join(cacheFolder('log'), `${name}-audit.jsonl`), level: 'Metadata' };
  process.stdout.write('\n');
  const tier = await startApiTier({ name, audit, progress: createProgress(process.stdout) });
  globalThis.slipwayTier = tier;
  await installKinds(tier);
}
