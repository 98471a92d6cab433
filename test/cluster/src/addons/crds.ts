// Custom resource definitions of the Gateway API and of Envoy Gateway, from their Go modules. The
// descriptions are left out: they are three quarters of the bytes, and nobody reads them here.

import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import type { KubeObject } from '../apply.ts';
import { cacheFolder } from '../paths.ts';
import { run } from '../process/command.ts';
import { ENVOY_GATEWAY_VERSION, GATEWAY_API_VERSION } from '../versions.ts';

/** A folder of a Go module with definitions in YAML. */
export interface DefinitionSource {
  readonly module: string;
  readonly folder: string;
  /** Names of the files; all when left out. */
  readonly files?: readonly string[];
}

const SOURCES: readonly DefinitionSource[] = [
  { module: `sigs.k8s.io/gateway-api@${GATEWAY_API_VERSION}`, folder: 'config/crd/experimental' },
  {
    module: `github.com/envoyproxy/gateway@${ENVOY_GATEWAY_VERSION}`,
    folder: 'charts/gateway-helm/charts/crds/crds/generated',
  },
];

/** All definitions; read from the modules once, then from the cache. */
export const gatewayDefinitions = async (): Promise<readonly KubeObject[]> => {
  const name = `gateway-crds-${GATEWAY_API_VERSION}-${ENVOY_GATEWAY_VERSION}.json`;
  const path = join(cacheFolder('manifests'), name);
  if (!existsSync(path)) {
    const objects = (await Promise.all(SOURCES.map(readSource))).flat();
    writeFileSync(`${path}.tmp`, JSON.stringify(objects));
    renameSync(`${path}.tmp`, path);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as readonly KubeObject[];
};

/** The definitions of one source, fetched by Go's module proxy and checked by its sums. */
export const readSource = async (source: DefinitionSource): Promise<readonly KubeObject[]> => {
  const { module, folder, files } = source;
  const answer = JSON.parse(await run('go', ['mod', 'download', '-json', module], { cwd: '/' })) as { Dir: string };
  const dir = join(answer.Dir, folder);
  return readdirSync(dir)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .filter((file) => files?.includes(file) ?? true)
    .toSorted()
    .flatMap((file) => parseAllDocuments(readFileSync(join(dir, file), 'utf8')))
    .map((document) => withoutDescriptions(document.toJS()) as KubeObject | null)
    .filter((object) => object !== null)
    .map(({ status: _ignored, ...object }) => object as KubeObject);
};

/** Drops `description` texts; a schema property that happens to have that name is an object. */
export const withoutDescriptions = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, inner]) => !(key === 'description' && typeof inner === 'string'),
  );
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, key === 'properties' ? mapValues(inner) : withoutDescriptions(inner)]),
  );
};

/** Under `properties` the keys are names of fields. */
const mapValues = (properties: unknown): unknown =>
  typeof properties === 'object' && properties !== null
    ? Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, withoutDescriptions(inner)]))
    : properties;
