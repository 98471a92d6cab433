// Holds an answer against the OpenAPI description that the app serves.
import { z } from 'zod';

export interface Answer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Returns the operation that the answer belongs to, such as `get /accounts/{id}`; undefined for a path
 * that the description does not know. Throws when the description does not allow the answer.
 */
export function checkAnswer(description: unknown, answer: Answer): string | undefined {
  const root = toObject(description);
  const method = answer.method.toLowerCase();
  const pathname = answer.path.replace(/\?.*$/, '');
  const template = Object.keys(toObject(root['paths'])).find((path) =>
    toPattern(path).test(pathname),
  );
  const operation = toObject(toObject(toObject(root['paths'])[template ?? ''])[method]);
  if (template === undefined || operation['responses'] === undefined) return undefined;
  const name = `${method} ${template}`;
  const response = toObject(toObject(operation['responses'])[String(answer.status)]);
  const type = (answer.contentType ?? '').replace(/;.*$/, '');
  const media = toObject(response['content'])[type];
  if (media === undefined) throw new Error(`${name}: ${answer.status} ${type} is not described`);
  const schema = toObject(media)['schema'];
  if (schema === undefined) return name;
  const parsed = z.fromJSONSchema(resolve(schema, root)).safeParse(answer.body);
  if (!parsed.success)
    throw new Error(
      `${name}: ${answer.status} is not as described: ${z.prettifyError(parsed.error)}`,
    );
  return name;
}

/** All operations of the description. */
export function operationsOf(description: unknown): readonly string[] {
  return Object.entries(toObject(toObject(description)['paths'])).flatMap(([path, item]) =>
    Object.keys(toObject(item)).map((method) => `${method} ${path}`),
  );
}

function toPattern(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
}

/** Puts what `$ref` points to in its place. */
function resolve(value: unknown, root: Json): Json {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    if ('$ref' in part) return walk(follow(root, String(part.$ref)));
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, walk(inner)]));
  };
  return toObject(walk(value));
}

function follow(root: Json, reference: string): unknown {
  const steps = reference.replace(/^#\//, '').split('/');
  return steps.reduce<unknown>((part, step) => toObject(part)[step], root);
}

function toObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
