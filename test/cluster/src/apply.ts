// Server-side apply of objects the harness itself installs, without kubectl: a fifth of the time,
// because nothing has to be discovered first.

import { mustAnswer } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { waitFor } from './process/wait.ts';

export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
};

const FIELD_MANAGER = 'slipway-cluster';
const DEADLINE_MS = 60_000;

const IRREGULAR: Readonly<Record<string, string>> = {
  GatewayClass: 'gatewayclasses',
  StorageClass: 'storageclasses',
  IngressClass: 'ingressclasses',
  EnvoyProxy: 'envoyproxies',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

/** Path of an object in the API. The plural is the kind in lower case with an s, or listed above. */
export const pathOf = ({ apiVersion, kind, metadata }: KubeObject): string => {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = IRREGULAR[kind] ?? `${kind.toLowerCase()}s`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${namespace}/${plural}/${metadata.name}`;
};

/** Applies one object; waits while its kind or namespace is not served yet. */
export const applyObject = async (api: ApiClient, object: KubeObject): Promise<void> => {
  await waitFor({
    what: `${object.kind} ${object.metadata.name} to be accepted`,
    deadlineMs: DEADLINE_MS,
    everyMs: 100,
    check: async () => {
      await mustAnswer(api, {
        method: 'PATCH',
        path: `${pathOf(object)}?fieldManager=${FIELD_MANAGER}&force=true`,
        body: object,
        contentType: 'application/apply-patch+yaml',
      });
      return true;
    },
  });
};

/** Applies objects in their order, but those of one group at the same time. */
export const applyInOrder = async (
  api: ApiClient,
  groups: readonly (readonly KubeObject[])[],
): Promise<void> => {
  for (const group of groups) await Promise.all(group.map((object) => applyObject(api, object)));
};
