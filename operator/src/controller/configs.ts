// ConfigMaps belong to the revision: what a template refers to is read once per version of it and
// copied under a name made from its content.
import { ANNOTATION, LABEL } from '../api/labels.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { RawObject } from '../kube/resource.ts';
import { record } from '../lib/json.ts';
import {
  canonical,
  configMapNames,
  type PodTemplate,
  shortHash,
  withConfigMaps,
} from '../rollout/revision.ts';
import { CONFIG_MAP } from './resources.ts';
import type { Store } from './store.ts';

/** A ConfigMap to be made for a revision. */
export interface ConfigCopy {
  readonly name: string;
  readonly source: string;
  readonly content: Record<string, unknown>;
}

export interface ConfiguredTemplate {
  /** The template with copies in place of the live ConfigMaps. */
  readonly template: PodTemplate;
  readonly copies: readonly ConfigCopy[];
  /** Names of the live ConfigMaps it reads. */
  readonly sources: readonly string[];
  /** Digest of their content, for an adopted set that reads them live. */
  readonly contentDigest: string;
}

export interface ConfigReader {
  /** Undefined copies nothing: a missing ConfigMap keeps its name and the pod waits for it. */
  configure(
    namespace: string,
    template: PodTemplate,
    release: { name: string; live: readonly string[] },
  ): Promise<ConfiguredTemplate>;
}

interface Known {
  readonly version: string;
  readonly content: Record<string, unknown>;
}

/** Contents kept; the least recently read go first. */
const KNOWN_MAX = 2000;

export function createConfigReader(
  client: KubeClient,
  store: Pick<Store, 'configMaps'>,
): ConfigReader {
  const known = new Map<string, Known>();

  async function read(
    namespace: string,
    name: string,
  ): Promise<Record<string, unknown> | undefined> {
    const seen = store.configMaps.get(namespace, name);
    if (!seen) return undefined;
    const key = `${namespace}/${name}`;
    const cached = known.get(key);
    if (cached?.version === seen.resourceVersion) return cached.content;
    try {
      const raw = await client.get({ type: CONFIG_MAP, namespace, name });
      const content = contentOf(raw);
      known.delete(key);
      known.set(key, { version: raw.metadata.resourceVersion ?? '', content });
      const [oldest] = known.keys();
      if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
      return content;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'notFound') return undefined;
      throw error;
    }
  }

  return {
    async configure(namespace, template, release) {
      const copies: ConfigCopy[] = [];
      const sources = configMapNames(template).filter((name) => !release.live.includes(name));
      for (const source of sources) {
        const content = await read(namespace, source);
        if (!content) continue;
        const name = copyName(release.name, source, content);
        copies.push({ name, source, content });
      }
      const names = new Map(copies.map((copy) => [copy.source, copy.name]));
      return {
        template:
          copies.length === 0
            ? template
            : withConfigMaps(template, (name) => names.get(name) ?? name),
        copies,
        sources,
        contentDigest: shortHash(canonical(copies.map(({ source, content }) => [source, content]))),
      };
    },
  };
}

function contentOf(raw: RawObject): Record<string, unknown> {
  const { data, binaryData } = raw as Record<string, unknown>;
  return {
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
  };
}

function copyName(release: string, source: string, content: Record<string, unknown>): string {
  return `${release}-${source}`.slice(0, 240) + `-${shortHash(canonical(content))}`;
}

/** The immutable copy as it is created. */
export function configCopyObject(copy: ConfigCopy, release: string, namespace: string): RawObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: copy.name,
      namespace,
      labels: { [LABEL.release]: release, [LABEL.managedBy]: 'slipway' },
      annotations: { [ANNOTATION.configSource]: copy.source },
    },
    immutable: true,
    ...record(copy.content),
  };
}
