// The cluster of the run, and clients for it.
import { createClient, type KubeClient } from '../../../operator/src/kube/client.ts';
import { connect } from '../../../operator/src/kube/connect.ts';
import type { Transport } from '../../../operator/src/kube/transport.ts';
import type { ApiTier } from '../../cluster/src/api-tier.ts';
import { createKubectl, type Kubectl } from '../../cluster/src/kubectl.ts';

declare global {
  var slipwayTier: ApiTier | undefined;
}

/** The cluster that the set-up of the run started. */
export function sharedTier(): ApiTier {
  const tier = globalThis.slipwayTier;
  if (!tier) throw new Error('no cluster: run these tests with test/integration/jest.config.mjs');
  return tier;
}

/** An administrator's connection; whoever opens it closes it. */
export function connectTo(tier: ApiTier, userAgent: string): Transport {
  return connect({ userAgent, kubeconfigPath: tier.kubeconfigPath });
}

export function kubectlOf(tier: ApiTier): Kubectl {
  return createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
}

export function clientOf(transport: Transport): KubeClient {
  return createClient(transport);
}
