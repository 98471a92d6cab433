// What a candidate with 5 % of the traffic, or the world around it, can do wrong, and what becomes of
// the release. How long each takes is measured by `npm run bench:faults`; here it has to end right.
import { afterAll, describe, expect, it } from '@jest/globals';
import { openTestStack } from './support/access.ts';
import { FAULT_CASES, type FaultCase, playFault, restoreSteps } from './support/fault-cases.ts';

const MINUTE_MS = 60_000;

const played = async (fault: FaultCase) => {
  const end = await playFault(openTestStack(), fault);
  expect(end.error).toBeUndefined();
  expect(end.audit).toMatchObject({ kind: 'clean', ledgerBalanced: true, findings: [] });
  expect(end.audit.fundsAfter).toBe(end.audit.fundsBefore);
  return end;
};

describe('with 5 % of the traffic', () => {
  afterAll(async () => {
    const stack = openTestStack();
    await restoreSteps(stack);
    stack.transport.close();
  });

  it('M3: a version that fails every request has no traffic within ten seconds', async () => {
    const end = await played(FAULT_CASES.allFail);
    expect(end).toMatchObject({ outcome: 'RolledBack', reason: 'ChecksFailed', highestWeight: 5 });
    // From the first bad response on, not from the verdict.
    expect(end.secondsToZero).toBeLessThan(10);
  });

  it(
    'a version that fails a twentieth of its requests is taken back',
    async () => {
      const end = await played(FAULT_CASES.twentiethFails);
      expect(end).toMatchObject({ outcome: 'RolledBack', reason: 'ChecksFailed', highestWeight: 5 });
      expect(end.message).toMatch(/difference \d+\.\d points.*evidence.*by pod: /);
    },
    16 * MINUTE_MS,
  );

  it(
    'a version that takes twice as long is taken back, though it fails nothing',
    async () => {
      const end = await played(FAULT_CASES.doubledLatency);
      expect(end).toMatchObject({ outcome: 'RolledBack', reason: 'ChecksFailed', highestWeight: 5 });
      expect(end.message).toMatch(/of canary requests took over/);
    },
    11 * MINUTE_MS,
  );

  it(
    'a version that crashes every minute is taken back',
    async () => {
      const end = await played(FAULT_CASES.crashEachMinute);
      expect(end).toMatchObject({ outcome: 'RolledBack', highestWeight: 5 });
      expect(['ChecksFailed', 'ReadinessFlapping', 'CrashLoop']).toContain(end.reason);
      expect(end.message).toMatch(/said last: .*told to crash/);
    },
    8 * MINUTE_MS,
  );

  it(
    'an outage of the database that both versions share holds a good version, and takes nothing back',
    async () => {
      const end = await played(FAULT_CASES.databaseOutage);
      expect(end.outcome).toBe('Promoted');
      expect(end.failed).toBeGreaterThan(0);
      expect(end.reasons.some((reason) => HOLDS.includes(reason))).toBe(true);
    },
    6 * MINUTE_MS,
  );

  it(
    'without any traffic a release is held, and goes on when users come',
    async () => {
      const end = await played(FAULT_CASES.noTraffic);
      expect(end.failures).toEqual({});
      expect(end).toMatchObject({ outcome: 'Promoted', failed: 0 });
      expect(end.reasons).toContain('NoEvidence');
    },
    5 * MINUTE_MS,
  );
});

const HOLDS = ['SharedOutage', 'SharedCause', 'StableUnavailable'];
