// The CustomResourceDefinitions, rendered from the schema.
import { z } from 'zod';
import { specSchema } from './app-release.ts';
import { statusSchema } from './app-release-status.ts';
import { API_GROUP, API_VERSION } from './group.ts';
import { actionSpecSchema, actionStatusSchema } from './release-action.ts';

interface JsonSchema {
  [key: string]: unknown;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  required?: string[];
  default?: unknown;
}

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly priority?: number;
  readonly description?: string;
}

const NAME_RULE = {
  rule: 'size(self.metadata.name) <= 52',
  message: 'metadata.name can have at most 52 characters: names of Services are made from it',
};

const RELEASE_COLUMNS: readonly PrinterColumn[] = [
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Step', type: 'string', jsonPath: '.status.steps' },
  { name: 'Weight', type: 'integer', jsonPath: '.status.weight.observed', description: 'Percent of traffic at the candidate.' },
  { name: 'Stable', type: 'integer', jsonPath: '.status.stable.revision' },
  { name: 'Candidate', type: 'integer', jsonPath: '.status.candidate.revision' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Message', type: 'string', jsonPath: '.status.message' },
];

const ACTION_COLUMNS: readonly PrinterColumn[] = [
  { name: 'Release', type: 'string', jsonPath: '.spec.release' },
  { name: 'Action', type: 'string', jsonPath: '.spec.action' },
  { name: 'Revision', type: 'integer', jsonPath: '.spec.revision' },
  { name: 'By', type: 'string', jsonPath: '.spec.by' },
  { name: 'Result', type: 'string', jsonPath: '.status.phase' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** Both CRDs as plain objects, in a fixed order of keys. */
export function customResourceDefinitions(): object[] {
  return [appReleaseCrd(), releaseActionCrd()];
}

export function appReleaseCrd(): object {
  return crd({
    names: { kind: 'AppRelease', plural: 'appreleases', singular: 'apprelease', shortNames: ['rel'] },
    spec: openApi(specSchema),
    status: openApi(statusSchema),
    columns: RELEASE_COLUMNS,
    rules: [NAME_RULE],
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  });
}

export function releaseActionCrd(): object {
  return crd({
    names: { kind: 'ReleaseAction', plural: 'releaseactions', singular: 'releaseaction', shortNames: ['rela'] },
    spec: openApi(actionSpecSchema),
    status: openApi(actionStatusSchema),
    columns: ACTION_COLUMNS,
    rules: [],
  });
}

interface CrdParts {
  readonly names: { kind: string; plural: string; singular: string; shortNames: readonly string[] };
  readonly spec: JsonSchema;
  readonly status: JsonSchema;
  readonly columns: readonly PrinterColumn[];
  readonly rules: readonly { rule: string; message: string }[];
  readonly scale?: object;
}

function crd(parts: CrdParts): object {
  const { names } = parts;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: { ...names, listKind: `${names.kind}List`, categories: ['slipway'] },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {}, ...(parts.scale ? { scale: parts.scale } : {}) },
          additionalPrinterColumns: parts.columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              ...(parts.rules.length > 0 ? { 'x-kubernetes-validations': parts.rules } : {}),
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: parts.spec,
                status: parts.status,
              },
            },
          },
        },
      ],
    },
  };
}

/** JSON Schema of `schema` in the structural form that a CRD wants. */
export function openApi(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0', unrepresentable: 'throw' });
  return structural(json as JsonSchema);
}

/* What JSON Schema says and a structural schema must not: int-or-string is an extension instead of
   anyOf; objects are pruned, so `additionalProperties: false` is implied; `propertyNames` and
   `$schema` are unknown. */
function structural(schema: JsonSchema): JsonSchema {
  const { $schema: _schema, propertyNames: _names, additionalProperties, anyOf, ...rest } = schema;
  const result: JsonSchema = { ...rest };
  if (schema['x-kubernetes-int-or-string']) {
    return withDefaultLast(result);
  }
  if (anyOf) result.anyOf = anyOf.map(structural);
  if (schema['x-kubernetes-preserve-unknown-fields']) {
    return withDefaultLast({ ...result, type: 'object' });
  }
  if (typeof additionalProperties === 'object') {
    result.additionalProperties = structural(additionalProperties);
  }
  if (schema.properties) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, value]) => [name, structural(value)]),
    );
  }
  if (schema.items) result.items = structural(schema.items);
  return withDefaultLast(result);
}

function withDefaultLast({ default: standard, ...rest }: JsonSchema): JsonSchema {
  return standard === undefined ? rest : { ...rest, default: standard };
}
