// What every test under load begins with: the cluster, a watch on it, and users who pay each other.
import { DEMO } from '../../../charts-ts/src/environments/demo.ts';
import { runLoad } from '../../load/load.ts';
import { seedLedger } from '../../load/seed.ts';
import type { Stage } from './play-release.ts';
import type { Stack } from './stack.ts';
import { watchWorld } from './world-watch.ts';

/** Requests of users each second; bounded, and enough to judge by. */
export const RATE_PER_SECOND = 50;

const IN_FLIGHT_MAX = 100;

export async function openStage(stack: Stack, accounts: number): Promise<Stage> {
  const ledger = await seedLedger(stack.ledger, { accounts, fundsEach: 100_000 });
  const world = await watchWorld(stack, DEMO.namespace, DEMO.app);
  const load = runLoad({
    ...stack.ledger,
    ledger,
    ratePerSecond: RATE_PER_SECOND,
    maxInFlight: IN_FLIGHT_MAX,
  });
  return { stack, world, load };
}

export async function closeStage({ stack, world, load }: Stage): Promise<void> {
  await load.stop();
  await world.stop();
  stack.transport.close();
}
