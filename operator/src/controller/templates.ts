// Inline templates are text until the API server has defaulted and checked them: a dry-run create of
// the ReplicaSet does both, once per template.
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../lib/clock.ts';
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
/** What refuses a template can be mended without a change of the template: a right, a quota, a policy. */
const REFUSAL_KEPT_MS = 30_000;

interface Known {
  readonly text: string;
  readonly tried: Tried;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

export function createTemplateTrier(client: KubeClient, clock: Clock): TemplateTrier {
  const known = new Map<string, Known>();
  return {
    async try(release, template) {
      const content = shortHash(canonical(template)) + canonical(template).length;
      const before = known.get(release.uid);
      if (before?.text === content && clock.monotonic() < before.untilMs) return before.tried;
      const tried = await dryRun(client, release, template);
      const keptMs = tried.kind === 'accepted' ? Number.POSITIVE_INFINITY : REFUSAL_KEPT_MS;
      known.delete(release.uid);
      known.set(release.uid, { text: content, tried, untilMs: clock.monotonic() + keptMs });
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
    if (error instanceof ApiError && isRefusal(error)) {
      return { kind: 'rejected', message: causesOf(error) };
    }
    throw error;
  }
}

/* Admission answers 403: a quota, a policy, a webhook; so does a missing right of ours. */
function isRefusal({ code, status }: ApiError): boolean {
  return code === 'invalid' || code === 'forbidden' || status === 400;
}

/** The server's field errors, in the user's own paths. */
function causesOf(error: ApiError): string {
  const causes = list(record(error.details)['causes']).map(record);
  const lines = causes
    .slice(0, 3)
    .map((cause) => `${text(cause['field']) ?? ''}: ${text(cause['message']) ?? ''}`);
  return (lines.length > 0 ? lines.join('; ') : error.message).slice(0, 1024);
}
