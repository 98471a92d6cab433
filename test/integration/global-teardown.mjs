// Ends the cluster of the run.
import { rmSync } from 'node:fs';

// oxlint-disable-next-line import/no-default-export -- jest asks for one
export default async function tearDown() {
  const tier = globalThis.slipwayTier;
  await tier?.stop();
  if (tier?.auditLogPath) rmSync(tier.auditLogPath, { force: true });
}
