// Good and bad releases of the ledger under a steady load through the gateway: what users saw, and
// what became of the money.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { openTestStack } from './support/access.ts';
import { closeStage, openStage } from './support/open-stage.ts';
import { playRelease, type Stage } from './support/play-release.ts';
import { ERRORS, GOOD, NEVER_READY, NO_IMAGE } from './support/scenarios.ts';
import { imageNotServing } from './support/world-watch.ts';

const OPERATOR_PODS = 'app.kubernetes.io/name=slipway-operator';

/** `kubectl slipway replay -` of that text. */
function replayed(log: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const program = join(import.meta.dirname, '../../operator/src/cli/main.ts');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'replay', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out }));
    child.stdin.end(log);
  });
}

describe('releases of the ledger under load', () => {
  let stage: Stage;
  let good: string;
  beforeAll(async () => {
    stage = await openStage(openTestStack(), 20);
    good = imageNotServing(stage.world);
  });
  afterAll(() => closeStage(stage));

  it('a good version goes out without one failed request', async () => {
    const played = await playRelease(stage, { ...GOOD, version: { image: good } });
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({ outcome: 'Promoted', failed: 0 });
    expect(played.requests).toBeGreaterThan(500);
    expect(stage.world.status().stable?.images).toEqual([good]);
  });

  it('a version that answers 20 % with 5xx is rolled back on evidence', async () => {
    const played = await playRelease(stage, ERRORS);
    expect(played).toMatchObject({ outcome: 'RolledBack', reason: 'ChecksFailed' });
    expect(played.highestWeight).toBe(5);
    const [check] = stage.world.status().checks ?? [];
    expect(check?.evidence).toBeGreaterThanOrEqual(check?.threshold ?? Number.POSITIVE_INFINITY);
    expect(stage.world.status().stable?.images).toEqual([good]);
  });

  it('the log of the operator reproduces that verdict offline', async () => {
    const log = await stage.stack.kubectlRun(
      ...['-n', 'slipway-system', 'logs', '--tail=-1', '-l', OPERATOR_PODS],
    );
    const { code, out } = await replayed(log);
    expect(out).toMatch(/rollback EvidenceOfHarm/);
    expect(out).toContain('the same verdicts as were recorded');
    expect({ code, differs: out.includes('differs') }).toEqual({ code: 0, differs: false });
  });

  it('a version that never becomes ready is rolled back, and no user sees it', async () => {
    const played = await playRelease(stage, NEVER_READY);
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({
      outcome: 'RolledBack',
      reason: 'ProgressDeadlineExceeded',
      failed: 0,
      highestWeight: 0,
    });
  });

  it('a version whose image does not exist is rolled back, and no user sees it', async () => {
    const played = await playRelease(stage, NO_IMAGE);
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({
      outcome: 'RolledBack',
      reason: 'ImageUnavailable',
      failed: 0,
      highestWeight: 0,
    });
  });

  it('kubectl get apprelease shows what a person wants to see', async () => {
    const shown = await stage.stack.kubectlRun('-n', DEMO.namespace, 'get', 'apprelease', DEMO.app);
    expect(shown).toMatch(/PHASE\s+STEP\s+WEIGHT\s+STABLE\s+CANDIDATE\s+READY/);
    expect(shown).toMatch(/RolledBack/);
  });

  it('the money is what it was', async () => {
    const audit = await stage.load.audit();
    expect(audit.findings).toEqual([]);
    expect(audit).toMatchObject({ kind: 'clean', ledgerBalanced: true });
    expect(audit.fundsAfter).toBe(audit.fundsBefore);
    expect(audit.acceptedTransfers).toBeGreaterThan(1000);
  });
});
