// How busy the machine was while something was measured: without it a latency says little.
import { readFileSync } from 'node:fs';

import { CONFIG_MAP } from '../../../operator/src/controller/resources.ts';
import type { KubeClient } from '../../../operator/src/kube/client.ts';
import { median, quantile, short } from '../statistics.ts';

/** Returns the share of the time since, in percent, in which something waited for a processor. */
export const startPressure = (): (() => number) => {
  const startUs = waitedUs();
  const startMs = performance.now();
  return () => (waitedUs() - startUs) / (performance.now() - startMs) / 10;
};

/** Microseconds since boot in which at least one task waited; 0 where the kernel does not say. */
const waitedUs = (): number => {
  try {
    return Number(/^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
};

/** Times a plain PATCH, for a sense of what the API server itself needs at that moment. */
export type PatchProbe = {
  sample(): Promise<void>;
  /** "plain PATCH 4.1/12 ms (p50/p99)" */
  text(): string;
};

export const createPatchProbe = async (client: KubeClient, namespace: string): Promise<PatchProbe> => {
  const samplesMs: number[] = [];
  const ref = { type: CONFIG_MAP, namespace, name: 'probe' };
  await client.create(CONFIG_MAP, { metadata: { namespace, name: 'probe' } });
  return {
    async sample() {
      const startMs = performance.now();
      await client.mergePatch(ref, { metadata: { annotations: { count: String(samplesMs.length) } } });
      samplesMs.push(performance.now() - startMs);
    },
    text: () => `plain PATCH ${short(median(samplesMs))}/${short(quantile(samplesMs, 0.99))} ms`,
  };
};
