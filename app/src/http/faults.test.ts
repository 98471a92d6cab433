// Injected faults hit the share asked for, and never the middle of the work.
import { describe, expect, it } from '@jest/globals';

import type { FaultConfig } from '../config.ts';
import { createFaultInjector } from './faults.ts';

const none: FaultConfig = {
  errorShare: 0,
  errorStage: 'before',
  latencyMs: 0,
  neverReady: false,
  resetShare: 0,
  crashAfterMs: undefined,
  hangAfterMs: undefined,
};

/** 0, 1/n, 2/n, ... */
function evenly(count: number): () => number {
  let calls = 0;
  return () => (calls++ % count) / count;
}

async function outcomes(
  config: FaultConfig,
  count: number,
): Promise<{ failed: number; worked: number }> {
  const inject = createFaultInjector(config, evenly(count));
  let worked = 0;
  let failed = 0;
  for (let index = 0; index < count; index += 1) {
    await inject(async () => {
      worked += 1;
    }).catch(() => {
      failed += 1;
    });
  }
  return { failed, worked };
}

describe('the fault injector', () => {
  it('does nothing unless told to', async () => {
    await expect(outcomes(none, 100)).resolves.toEqual({ failed: 0, worked: 100 });
  });

  it('fails its share before the work has begun', async () => {
    await expect(outcomes({ ...none, errorShare: 0.2 }, 100)).resolves.toEqual({
      failed: 20,
      worked: 80,
    });
  });

  it('or after the work is done, and then all of it is', async () => {
    await expect(outcomes({ ...none, errorShare: 0.2, errorStage: 'after' }, 100)).resolves.toEqual(
      { failed: 20, worked: 100 },
    );
  });

  it('fails everything at a share of one', async () => {
    await expect(outcomes({ ...none, errorShare: 1 }, 10)).resolves.toEqual({
      failed: 10,
      worked: 0,
    });
  });

  it("passes the work's own error on", async () => {
    const inject = createFaultInjector(
      { ...none, errorShare: 0.5, errorStage: 'after' },
      () => 0.1,
    );
    await expect(inject(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  });
});
