import { describe, expect, it } from '@jest/globals';
import { appReleaseCrd } from '../../../operator/src/api/crd.ts';
import { parseSpec } from '../../../operator/src/api/parse.ts';
import { FULL_RELEASES } from '../testing/full-releases.ts';
import { only, synth } from '../testing/synth.ts';
import { AppReleaseObject } from './app-release-object.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/* What is below a whole HTTPRouteSpec or pod template is not ours. */
function pathsOfSchema(schema: Schema, path: string): readonly string[] {
  if (schema['x-kubernetes-preserve-unknown-fields'] || schema.additionalProperties) return [path];
  if (schema.items) return pathsOfSchema(schema.items, `${path}[]`);
  const inner = Object.entries(schema.properties ?? {});
  return inner.length === 0 ? [path] : inner.flatMap(([name, one]) => pathsOfSchema(one, `${path}.${name}`));
}

function pathsOfValue(value: unknown, path: string): readonly string[] {
  if (KNOWN.has(path) || typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((one) => pathsOfValue(one, `${path}[]`));
  return Object.entries(value).flatMap(([name, one]) => pathsOfValue(one, `${path}.${name}`));
}

const crd = appReleaseCrd() as {
  spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: Schema } } } }[] };
};
const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties.spec ?? {};
const KNOWN = new Set(pathsOfSchema(spec, 'spec'));

describe('the fields of an AppRelease', () => {
  it('M5: are those of its definition: what the types can say, and what the API server knows, both ways', () => {
    const written = new Set(Object.values(FULL_RELEASES).flatMap((one) => pathsOfValue(one, 'spec')));
    expect([...written].filter((path) => !KNOWN.has(path))).toEqual([]);
    expect([...KNOWN].filter((path) => !written.has(path))).toEqual([]);
  });

  it.each(Object.entries(FULL_RELEASES))('are rendered as written: %s', (_, full) => {
    expect(parseSpec(full).kind).toBe('valid');
    const objects = synth((scope) => new AppReleaseObject(scope, 'Release', { name: 'web', spec: full }));
    expect(only(objects, 'AppRelease')['spec']).toEqual(full);
  });
});
