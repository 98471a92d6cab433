// A cluster with the project's images on it: kind where a Docker engine answers, else the built-in
// node. Both end by `down`, which fails and lists what is left.
import type { EnvoyOptions } from '../../cluster/src/addons/envoy-gateway.ts';
import { startCluster } from '../../cluster/src/cluster.ts';
import { endDown } from '../../cluster/src/down.ts';
import type { Progress } from '../../cluster/src/progress.ts';
import type { ClusterAccess } from './stack.ts';

export interface OpenOptions {
  readonly name: string;
  /** Ends with its starter; a demo's cluster stays. */
  readonly isEphemeral: boolean;
  /** How the gateway groups backends; `rule` unless told. */
  readonly clusters?: EnvoyOptions['clusters'];
  /** A second data plane beside the first, of another make; built-in node only. */
  readonly withTraefik?: boolean;
}

const DEMO_CLUSTER: OpenOptions = { name: 'slipway', isEphemeral: false };

export async function openCluster(
  progress: Progress,
  options: OpenOptions = DEMO_CLUSTER,
): Promise<ClusterAccess> {
  const tier = await startCluster({ ...options, progress });
  return {
    kubeconfigPath: tier.kubeconfigPath,
    kubectl: tier.binaries.kubectl,
    gatewayAddress: tier.gatewayAddress,
    traefikAddress: tier.traefikAddress,
  };
}

export async function closeCluster(name: string): Promise<void> {
  await endDown(name);
}
