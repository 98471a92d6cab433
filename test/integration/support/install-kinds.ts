// The kinds that every test needs: ours, and those of the Gateway API.
import { customResourceDefinitions } from '../../../operator/src/api/crd.ts';
import { gatewayDefinitions } from '../../cluster/src/addons/crds.ts';
import type { ApiTier } from '../../cluster/src/api-tier.ts';
import { createKubectl } from '../../cluster/src/kubectl.ts';
import { waitFor } from '../../cluster/src/process/wait.ts';

/** Resolves when the API server serves them. */
export async function installKinds(tier: ApiTier): Promise<void> {
  const kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  const routes = (await gatewayDefinitions()).filter(({ metadata }) => metadata.name.startsWith('httproutes.'));
  const list = { apiVersion: 'v1', kind: 'List', items: [...customResourceDefinitions(), ...routes] };
  await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(list));
  await waitFor({
    what: 'the kinds to be served',
    deadlineMs: 60_000,
    // kubectl gives up at once on a kind that has no conditions yet.
    check: () => kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s']),
  });
}
