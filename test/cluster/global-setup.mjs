// Builds what a node consists of before any test's clock runs: a new machine needs minutes for it.
import { ensureImages } from '../../tools/images/build.ts';
import { ensureNodeParts } from './src/node-tier.ts';
import { createProgress } from './src/progress.ts';

export default async function setUp() {
  process.stdout.write('\n');
  const progress = createProgress(process.stdout);
  await ensureNodeParts({ progress });
  await ensureImages({ progress });
}
