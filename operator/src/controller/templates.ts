// Inline templates are text until the API server has defaulted and checked them: a dry-run create of
// the ReplicaSet does both, once per template.
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { list, record, text } from '../lib/json.ts';
import { canonical, type PodTemplate, shortHash } from '../rollout/revision.ts';
import { LABEL } from '../api/labels.ts';
import { REPLICA_SET } from './resources.ts';

export type Tried =
  | { readonly kind: 'accepted'; readonly template: PodTemplate }
  | { readonly kind: 'rejected'; readonly message: string };

export interface TemplateTrier {
  try(
    release: { namespace: string; name: string; uid: string },
    template: PodTemplate,
  ): Promise<Tried>;
}

const KNOWN_MAX = 2000;

export function createTemplateTrier(client: KubeClient): TemplateTrier {
  const known = new Map<string, { readonly text: string; readonly tried: Tried }>();
  return {
    async try(release, template) {
      const content = shortHash(canonical(template)) + canonical(template).length;
      const before = known.get(release.uid);
      if (before?.text === content) return before.tried;
      const tried = await dryRun(client, release, template);
      known.delete(release.uid);
      known.set(release.uid, { text: content, tried });
      const [oldest] = known.keys();
      if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
      return tried;
    },
  };
}

async function dryRun(
  client: KubeClient,
  release: { namespace: string; name: string },
  template: PodTemplate,
): Promise<Tried> {
  const selector = { [LABEL.release]: release.name };
  const metadata = record(template['metadata']);
  const labelled = {
    ...template,
    metadata: { ...metadata, labels: { ...record(metadata['labels']), ...selector } },
  };
  try {
    const made = await client.create(
      REPLICA_SET,
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { generateName: `${release.name}-try-`, namespace: release.namespace },
        spec: { replicas: 0, selector: { matchLabels: selector }, template: labelled },
      },
      { dryRun: true },
    );
    return { kind: 'accepted', template: record(record(made['spec'])['template']) };
  } catch (error) {
    if (error instanceof ApiError && (error.code === 'invalid' || error.status === 400)) {
      return { kind: 'rejected', message: causesOf(error) };
    }
    throw error;
  }
}

/** The server's field errors, in the user's own paths. */
function causesOf(error: ApiError): string {
  const causes = list(record(error.details)['causes']).map(record);
  const lines = causes
    .slice(0, 3)
    .map((cause) => `${text(cause['field']) ?? ''}: ${text(cause['message']) ?? ''}`);
  return (lines.length > 0 ? lines.join('; ') : error.message).slice(0, 1024);
}
