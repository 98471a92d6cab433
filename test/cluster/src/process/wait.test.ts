import { describe, expect, it } from '@jest/globals';

import { waitFor } from './wait.ts';

describe('waitFor', () => {
  it('returns what the check finds', async () => {
    let looks = 0;
    const check = (): string | undefined => ((looks += 1) < 3 ? undefined : 'there');
    expect(await waitFor({ what: 'it', deadlineMs: 10_000, everyMs: 1, check })).toBe('there');
    expect(looks).toBe(3);
  });

  it('says what was waited for, what was seen last, and what the component said', async () => {
    const waiting = waitFor({
      what: 'the API server', deadlineMs: 0, everyMs: 1, diagnose: () => 'log: no certificate',
      check: () => {
        throw new Error('connection refused');
      },
    });
    await expect(waiting).rejects.toThrow('waited up to 0 s for the API server: connection refused\nlog: no certificate');
  });

  it('gives up at once when waiting has become useless', async () => {
    const waiting = waitFor({
      what: 'the API server', deadlineMs: 3_600_000, check: () => undefined, hopeless: () => 'kube-apiserver has ended',
    });
    await expect(waiting).rejects.toThrow('kube-apiserver has ended');
  });
});
