// Bounded, jittered, and only where it helps.
import { describe, expect, it } from '@jest/globals';

import { RetriesExhausted, withRetry } from './retry.ts';
import type { RetryPolicy } from './retry.ts';

const conflict = Object.assign(new Error('could not serialize access'), { code: '40001' });

function recordingPolicy(random: () => number): { policy: RetryPolicy; pauses: number[] } {
  const pauses: number[] = [];
  const pause = async (ms: number): Promise<void> => void pauses.push(ms);
  return { pauses, policy: { maxAttempts: 6, firstPauseMs: 4, maxPauseMs: 20, random, pause } };
}

function failing(times: number, error: Error): () => Promise<number> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
}

describe('withRetry', () => {
  it('returns the first success', async () => {
    const { policy, pauses } = recordingPolicy(() => 1);
    await expect(withRetry(failing(3, conflict), policy)).resolves.toBe(4);
    expect(pauses).toEqual([4, 8, 16]);
  });

  it('never pauses longer than the limit, and less by chance', async () => {
    const { policy, pauses } = recordingPolicy(() => 0.5);
    await expect(withRetry(failing(5, conflict), policy)).resolves.toBe(6);
    expect(pauses).toEqual([2, 4, 8, 10, 10]);
  });

  it('gives up after the last attempt and says why', async () => {
    const { policy, pauses } = recordingPolicy(() => 1);
    const result = withRetry(failing(6, conflict), policy);
    await expect(result).rejects.toBeInstanceOf(RetriesExhausted);
    await expect(result).rejects.toMatchObject({ kind: 'conflict', cause: conflict });
    expect(pauses).toHaveLength(5);
  });

  it('does not repeat what cannot succeed', async () => {
    const { policy, pauses } = recordingPolicy(() => 1);
    const bug = new TypeError('no such thing');
    await expect(withRetry(failing(1, bug), policy)).rejects.toBe(bug);
    expect(pauses).toEqual([]);
  });
});
