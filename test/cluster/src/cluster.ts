// The cluster for end-to-end tests and the demo: kind where a Docker engine answers, the built-in
// node otherwise.

import { ensureImages } from '../../../tools/images/build.ts';
import { hasDockerEngine, startKind } from './kind/kind-tier.ts';
import { startNodeTier } from './node-tier.ts';
import type { NodeTier, NodeTierOptions } from './node-tier.ts';
import { silentProgress } from './progress.ts';

export type ClusterOptions = NodeTierOptions & {
  /** `auto` takes kind when a Docker engine answers; `auto` unless told. */
  readonly engine?: 'auto' | 'built-in' | 'kind';
};

/** Starts a cluster that has the project's images. */
export const startCluster = async (options: ClusterOptions = {}): Promise<NodeTier> => {
  const { engine = 'auto', ...rest } = options;
  const isKind = engine === 'kind' || (engine === 'auto' && (await hasDockerEngine()));
  if (isKind) return startKind(rest);
  const { archive } = await ensureImages({ progress: options.progress ?? silentProgress });
  return startNodeTier({ ...rest, images: [archive, ...(options.images ?? [])] });
};
