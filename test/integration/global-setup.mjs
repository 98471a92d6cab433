// Starts the one cluster of the run and installs what every test needs: CRDs, Gateway API, policies.
import { join } from 'node:path';
import { customResourceDefinitions } from '../../operator/src/api/crd.ts';
import { gatewayDefinitions } from '../cluster/src/addons/crds.ts';
import { startApiTier } from '../cluster/src/api-tier.ts';
import { createKubectl } from '../cluster/src/kubectl.ts';
import { cacheFolder } from '../cluster/src/paths.ts';
import { createProgress } from '../cluster/src/progress.ts';

// oxlint-disable-next-line import/no-default-export -- jest asks for one
export default async function setUp() {
  const audit = { path: join(cacheFolder('log'), 'integration-audit.jsonl'), level: 'Metadata' };
  process.stdout.write('\n');
  const tier = await startApiTier({ audit, progress: createProgress(process.stdout) });
  globalThis.slipwayTier = tier;
  const kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  const gateway = (await gatewayDefinitions()).filter(({ metadata }) => /^(httproutes|gateways)\./.test(metadata.name));
  const items = [...customResourceDefinitions(), ...gateway];
  const list = { apiVersion: 'v1', kind: 'List', items };
  await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(list));
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
}
