// Fields that the schema does not know: the API server drops them, and whoever misspelled one never
// hears of it.
import { openApi } from '../api/crd.ts';
import { specSchema } from '../api/app-release.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** The paths of fields in `spec` that the schema of AppRelease does not have. */
export function unknownFields(spec: unknown): string[] {
  return unknownIn(spec, openApi(specSchema), 'spec');
}

function unknownIn(value: unknown, schema: Schema, path: string): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((one, at) => unknownIn(one, items, `${path}[${at}]`));
  }
  const { properties } = schema;
  if (typeof value !== 'object' || value === null || properties === undefined) return [];
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = properties[name];
    return known === undefined ? [`${path}.${name}`] : unknownIn(inner, known, `${path}.${name}`);
  });
}
