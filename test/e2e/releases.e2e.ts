// Good and bad releases of the ledger under a steady load through the gateway: what users saw, and
// what became of the money.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { runLoad, type LoadRun } from '../load/load.ts';
import { seedLedger } from '../load/seed.ts';
import { openTestStack } from './support/access.ts';
import { playRelease } from './support/play-release.ts';
import { ERRORS, GOOD, NEVER_READY, NO_IMAGE } from './support/scenarios.ts';
import type { Stack } from './support/stack.ts';
import { watchWorld, type WorldWatch } from './support/world-watch.ts';

describe('releases of the ledger under load', () => {
  let stack: Stack;
  let world: WorldWatch;
  let load: LoadRun;

  beforeAll(async () => {
    stack = openTestStack();
    const ledger = await seedLedger(stack.ledger, { accounts: 20, fundsEach: 100_000 });
    world = await watchWorld(stack, DEMO.namespace, DEMO.app);
    load = runLoad({ ...stack.ledger, ledger, ratePerSecond: 50, maxInFlight: 100 });
  });

  afterAll(async () => {
    await load.stop();
    await world.stop();
    stack.transport.close();
  });

  it('a good version goes out without one failed request', async () => {
    const played = await playRelease({ stack, world, load }, GOOD);
    expect(played).toMatchObject({ outcome: 'Promoted', failed: 0 });
    expect(played.requests).toBeGreaterThan(500);
    expect(world.status().stable?.images).toEqual([GOOD.version.image]);
  });

  it('a version that answers 20 % with 5xx is rolled back on evidence', async () => {
    const played = await playRelease({ stack, world, load }, ERRORS);
    expect(played).toMatchObject({ outcome: 'RolledBack', reason: 'ChecksFailed' });
    expect(played.highestWeight).toBe(5);
    const [check] = world.status().checks ?? [];
    expect(check?.evidence).toBeGreaterThanOrEqual(check?.threshold ?? Number.POSITIVE_INFINITY);
    expect(world.status().stable?.images).toEqual([GOOD.version.image]);
  });

  it('a version that never becomes ready is rolled back, and no user sees it', async () => {
    const played = await playRelease({ stack, world, load }, NEVER_READY);
    expect(played).toMatchObject({ outcome: 'RolledBack', reason: 'ProgressDeadlineExceeded', failed: 0, highestWeight: 0 });
  });

  it('a version whose image does not exist is rolled back, and no user sees it', async () => {
    const played = await playRelease({ stack, world, load }, NO_IMAGE);
    expect(played).toMatchObject({ outcome: 'RolledBack', reason: 'ImageUnavailable', failed: 0, highestWeight: 0 });
  });

  it('kubectl get apprelease shows what a person wants to see', async () => {
    const shown = await stack.kubectlRun('-n', DEMO.namespace, 'get', 'apprelease', DEMO.app);
    expect(shown).toMatch(/PHASE\s+STEP\s+WEIGHT\s+STABLE\s+CANDIDATE\s+READY/);
    expect(shown).toMatch(/RolledBack/);
  });

  it('the money is what it was', async () => {
    const audit = await load.audit();
    expect(audit.findings).toEqual([]);
    expect(audit).toMatchObject({ kind: 'clean', ledgerBalanced: true });
    expect(audit.fundsAfter).toBe(audit.fundsBefore);
    expect(audit.acceptedTransfers).toBeGreaterThan(1000);
  });
});
