// An account for the operator as a pod has it: a token and the authority's certificate, in files.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { list, record, text } from '../../../operator/src/lib/json.ts';
import type { KubeClient } from '../../../operator/src/kube/client.ts';
import type { ResourceType } from '../../../operator/src/kube/resource.ts';

const ACCOUNT: ResourceType = {
  group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true,
};
const BINDING: ResourceType = {
  group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterrolebindings',
  kind: 'ClusterRoleBinding', namespaced: false,
};
const HOURS_12_SECONDS = 12 * 3600;

/** Makes the account in `default` and writes `token` and `ca.crt` into the folder. */
export const mountServiceAccount = async (
  client: KubeClient,
  folder: string,
  kubeconfigPath: string,
): Promise<void> => {
  const metadata = { namespace: 'default', name: 'slipway-operator' };
  await client.create(ACCOUNT, { metadata });
  // What it may do is tested elsewhere; here the rights of an administrator hold for all benchmarks.
  await client.create(BINDING, {
    metadata: { name: 'slipway-operator' },
    roleRef: { apiGroup: BINDING.group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  });
  const answer = await client.create(
    ACCOUNT,
    {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest',
      metadata, spec: { expirationSeconds: HOURS_12_SECONDS },
    },
    { subresource: 'token' },
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'token'), text(record(answer['status'])['token']) ?? '', { mode: 0o600 });
  writeFileSync(join(folder, 'ca.crt'), authorityOf(kubeconfigPath));
};

const authorityOf = (kubeconfigPath: string): Buffer => {
  const [cluster] = list(record(parse(readFileSync(kubeconfigPath, 'utf8')))['clusters']).map(record);
  const data = text(record(cluster?.['cluster'])['certificate-authority-data']) ?? '';
  return Buffer.from(data, 'base64');
};
