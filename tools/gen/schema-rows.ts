// A schema as rows of a table: every field with its type, default, limits and meaning, and every
// CEL rule with the place where it is checked.
import { openApi } from '../../operator/src/api/crd.ts';
import type { CelRule } from '../../operator/src/api/primitives.ts';

export type JsonSchema = ReturnType<typeof openApi>;

export interface FieldRow {
  readonly path: string;
  readonly type: string;
  readonly standard: string;
  readonly limits: string;
  readonly meaning: string;
}

export interface RuleRow {
  readonly path: string;
  readonly rule: string;
  readonly message: string;
}

/** Fields below `root`, parents before children, in the order of the schema. */
export function fieldRows(schema: JsonSchema, root: string): FieldRow[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${root}.${name}`;
    return [rowOf(path, field, required.has(name)), ...inner(field, path)];
  });
}

/** The CEL rules of a schema and of all that is below it. */
export function ruleRows(schema: JsonSchema, root: string): RuleRow[] {
  const rules = schema['x-kubernetes-validations'];
  const own = (Array.isArray(rules) ? (rules as readonly CelRule[]) : []).map(({ rule, message }) => ({
    path: root,
    rule,
    message,
  }));
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    ruleRows(field, `${root}.${name}`),
  );
  return [...own, ...below, ...(schema.items ? ruleRows(schema.items, `${root}[]`) : [])];
}

function inner(field: JsonSchema, path: string): FieldRow[] {
  if (field.items) return fieldRows(field.items, `${path}[]`);
  return fieldRows(field, path);
}

function rowOf(path: string, field: JsonSchema, isRequired: boolean): FieldRow {
  const { default: standard } = field;
  return {
    path,
    type: typeOf(field),
    standard: standard === undefined ? '' : JSON.stringify(standard),
    limits: [...(isRequired ? ['required'] : []), ...limitsOf(field)].join(', '),
    meaning: String(field['description'] ?? ''),
  };
}

function typeOf(field: JsonSchema): string {
  if (field['x-kubernetes-int-or-string'] === true) return 'number or text';
  if (field.items) return `list of ${typeOf(field.items)}`;
  if (typeof field.additionalProperties === 'object') return `map to ${typeOf(field.additionalProperties)}`;
  return { string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false' }[
    String(field['type'])
  ] ?? String(field['type'] ?? 'any');
}

const LIMITS: readonly { readonly name: string; readonly text: (value: unknown) => string }[] = [
  { name: 'enum', text: (value) => (Array.isArray(value) ? value.join(' or ') : String(value)) },
  { name: 'minimum', text: (value) => `at least ${String(value)}` },
  { name: 'maximum', text: (value) => `at most ${String(value)}` },
  { name: 'minLength', text: (value) => `at least ${String(value)} characters` },
  { name: 'maxLength', text: (value) => `at most ${String(value)} characters` },
  { name: 'maxItems', text: (value) => `at most ${String(value)} items` },
  { name: 'pattern', text: (value) => `like ${String(value)}` },
  { name: 'format', text: String },
];

function limitsOf(field: JsonSchema): string[] {
  const extra = field['x-kubernetes-preserve-unknown-fields'] === true ? ['any fields'] : [];
  const found = LIMITS.flatMap(({ name, text }) => (field[name] === undefined ? [] : [text(field[name])]));
  // The parser's own bounds of JSON numbers tell nobody anything.
  return [...found.filter((text) => !text.includes(String(Number.MAX_SAFE_INTEGER))), ...extra];
}
