// A cluster with the project's images on it: the built-in node, or whatever the harness chooses.
import { ensureImages } from '../../../tools/images/build.ts';
import { endDown } from '../../cluster/src/down.ts';
import { startNodeTier } from '../../cluster/src/node-tier.ts';
import type { Progress } from '../../cluster/src/progress.ts';
import type { ClusterAccess } from './stack.ts';

export interface OpenOptions {
  readonly name: string;
  /** Ends with its starter; a demo's cluster stays. */
  readonly isEphemeral: boolean;
}

const DEMO_CLUSTER: OpenOptions = { name: 'slipway', isEphemeral: false };

export async function openCluster(
  progress: Progress,
  options: OpenOptions = DEMO_CLUSTER,
): Promise<ClusterAccess> {
  const { archive } = await ensureImages({ progress });
  const tier = await startNodeTier({ ...options, progress, images: [archive] });
  return {
    kubeconfigPath: tier.kubeconfigPath,
    kubectl: tier.binaries.kubectl,
    gatewayAddress: tier.gatewayAddress,
  };
}

export async function closeCluster(name: string): Promise<void> {
  await endDown(name);
}
