// What makes two pod templates the same revision: equal content after the API server's defaulting,
// never equal stored hashes, which a Kubernetes upgrade changes.
import { POD_TEMPLATE_HASH } from '../api/labels.ts';
import { list, record } from '../lib/json.ts';

export type PodTemplate = { readonly [key: string]: unknown };

/** JSON with sorted keys and without empty parts that a server may or may not send. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined && part !== null)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${entries.join(',')}}`;
}

/** The template without what a controller adds to it: equal text means equal revision. */
export function templateText(template: PodTemplate): string {
  const metadata = record(template['metadata']);
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = record(metadata['labels']);
  const annotations = record(metadata['annotations']);
  return canonical({
    metadata: {
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    spec: template['spec'],
  });
}

/**
 * A short name for a text, of letters that make no words (as Kubernetes does it). Two 32-bit FNV-1a
 * hashes with different offsets; a collision would only make two revisions share a label value.
 */
export function shortHash(text: string): string {
  return encode(fnv1a(text, 0x811c9dc5)) + encode(fnv1a(text, 0x01000193)).slice(0, 4);
}

const SAFE_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function encode(hash: number): string {
  let rest = hash >>> 0;
  let text = '';
  for (let digit = 0; digit < 6; digit += 1) {
    text += SAFE_LETTERS[rest % SAFE_LETTERS.length] ?? 'b';
    rest = Math.floor(rest / SAFE_LETTERS.length);
  }
  return text;
}

/* http://www.isthe.com/chongo/tech/comp/fnv/ : xor, then multiply by the prime 16777619. */
function fnv1a(text: string, offset: number): number {
  let hash = offset;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}

/** The template with our hash as the label that its pods and their selectors carry. */
export function withHashLabel(
  template: PodTemplate,
  hash: string,
  extra: Record<string, string> = {},
): PodTemplate {
  const metadata = record(template['metadata']);
  return {
    ...template,
    metadata: {
      ...metadata,
      labels: { ...record(metadata['labels']), ...extra, [POD_TEMPLATE_HASH]: hash },
    },
  };
}

export function imagesOf(template: PodTemplate): string[] {
  const spec = record(template['spec']);
  return [...list(spec['initContainers']), ...list(spec['containers'])]
    .map((container) => record(container)['image'])
    .filter((image): image is string => typeof image === 'string');
}

/** The ConfigMaps a template refers to: env, envFrom, volumes, projected volumes; optional ones too. */
export function configMapNames(template: PodTemplate): readonly string[] {
  const names = configMapReferences(template).map((reference) => reference.name);
  return [...new Set(names)].toSorted();
}

/** The template with each ConfigMap's name replaced by what `rename` gives for it. */
export function withConfigMaps(
  template: PodTemplate,
  rename: (name: string) => string,
): PodTemplate {
  const copy = structuredClone(template) as Record<string, unknown>;
  for (const reference of configMapReferences(copy)) reference.name = rename(reference.name);
  return copy;
}

interface Reference {
  name: string;
}

/* The parts of the template itself, not copies of them. */
function configMapReferences(template: PodTemplate): Reference[] {
  const spec = record(template['spec']);
  const containers = ['initContainers', 'containers', 'ephemeralContainers']
    .flatMap((kind) => list(spec[kind]))
    .map(record);
  const volumes = list(spec['volumes']).map(record);
  const found: unknown[] = [
    ...containers
      .flatMap(({ env }) => list(env))
      .map((one) => record(record(one)['valueFrom'])['configMapKeyRef']),
    ...containers.flatMap(({ envFrom }) => list(envFrom)).map((one) => record(one)['configMapRef']),
    ...volumes.map(({ configMap }) => configMap),
    ...volumes
      .flatMap(({ projected }) => list(record(projected)['sources']))
      .map((source) => record(source)['configMap']),
  ];
  return found.filter(isReference);
}

function isReference(value: unknown): value is Reference {
  return typeof record(value)['name'] === 'string';
}
