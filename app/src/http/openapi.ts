// Describes the table of routes as OpenAPI 3.1, from the same zod schemas that read the requests.
import { z } from 'zod';

import { statusOfProblem, typeOfProblem } from '../domain/problem.ts';
import type { ProblemCode } from '../domain/problem.ts';
import type { Route } from './route.ts';
import { descriptionAnswer, problemAnswer, statusAnswer } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ApiDescription {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: Json;
}

/** What any route can end in. */
const anywhere: readonly ProblemCode[] = [
  'unauthenticated',
  'forbidden',
  'too-many-requests',
  'internal-error',
  'injected-fault',
  'ledger-busy',
  'database-unavailable',
];
const withBody: readonly ProblemCode[] = [
  'invalid-request',
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
];
const withKey: readonly ProblemCode[] = [
  'idempotency-key-missing',
  'request-in-flight',
  'idempotency-key-reused',
];

/** The same for the same routes and version. */
export function describeApi(routes: readonly Route[], version: string): ApiDescription {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method]: describeRoute(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Ledger', version },
    paths: {
      ...paths,
      '/livez': { get: probe('Whether the process answers', [200]) },
      '/readyz': { get: probe('Whether it should get traffic', [200, 503]) },
      '/openapi.json': {
        get: { summary: 'This description', responses: { 200: json(descriptionAnswer) } },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemAnswer, 'output') },
    },
  };
}

/** /accounts/:id as OpenAPI writes it: /accounts/{id} */
export function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/** All problems that a route can answer. */
export function problemsOf(route: Route): readonly ProblemCode[] {
  return [
    ...route.problems,
    ...anywhere,
    ...(route.body === undefined ? [] : withBody),
    ...(route.keyed === undefined ? [] : ['invalid-request' as const, ...withKey]),
  ];
}

function describeRoute(route: Route): Json {
  const { summary, answer } = route;
  const parameters = parametersOf(route);
  return {
    summary,
    operationId: operationId(route),
    // Only where the deployment asks for tokens at all, so none is fine as well.
    security: route.scope === undefined ? [] : [{ token: [route.scope] }, {}],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBodyOf(route),
    responses: {
      [answer.status]: 'types' in answer.body ? file(answer.body.types) : json(answer.body),
      ...problemResponses(problemsOf(route)),
    },
  };
}

function requestBodyOf({ body, upload }: Route): Json {
  if (upload !== undefined)
    return { requestBody: { required: true, content: file(upload)['content'] } };
  if (body === undefined) return {};
  return { requestBody: { required: true, content: jsonContent(schemaOf(body, 'input')) } };
}

/** In 3.1 a body of bytes has no schema. */
function file(types: readonly string[]): Json {
  return { description: 'the bytes', content: Object.fromEntries(types.map((type) => [type, {}])) };
}

function operationId({ method, path }: Route): string {
  const words = path.split('/').filter((part) => part !== '');
  return [method, ...words.map((word) => word.replace(/\W/g, ''))].join('-');
}

function parametersOf({ path, query, keyed }: Route): readonly Json[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }));
  const inHeader = keyed === undefined ? [] : [idempotencyKey];
  return [...inPath, ...(query === undefined ? [] : queryParameters(query)), ...inHeader];
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' },
};

function queryParameters(query: z.ZodType): readonly Json[] {
  const { properties } = schemaOf(query, 'output');
  return Object.entries(typeof properties === 'object' ? { ...properties } : {}).map(
    ([name, schema]) => ({ name, in: 'query', required: false, schema }),
  );
}

/** One response for each status; `type` says which of the problems it is. */
function problemResponses(codes: readonly ProblemCode[]): Json {
  const byStatus = Map.groupBy(new Set(codes), statusOfProblem);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.join(', '),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Problem' },
                {
                  type: 'object',
                  properties: { type: { type: 'string', enum: some.map(typeOfProblem) } },
                },
              ],
            },
          },
        },
      },
    ]),
  );
}

function probe(summary: string, statuses: readonly number[]): Json {
  return {
    summary,
    responses: Object.fromEntries(statuses.map((status) => [status, json(statusAnswer)])),
  };
}

function json(schema: z.ZodType): Json {
  return { description: 'as asked', content: jsonContent(schemaOf(schema, 'output')) };
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
