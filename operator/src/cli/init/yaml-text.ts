// Values inside YAML that is written by hand, so that comments can stand beside them.

const PLAIN = /^[A-Za-z/](?:[\w./:@-]*[\w/])?$/;
const READ_AS_OTHERS = /^(?:true|false|yes|no|on|off|null|y|n|~)$/i;

/** A text as it may stand after `key: `, or in a flow list. */
export function scalar(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return PLAIN.test(value) && !READ_AS_OTHERS.test(value) ? value : JSON.stringify(value);
}

/** `{ app: web, tier: front }`. */
export function flowMap(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).map(([key, value]) => `${scalar(key)}: ${scalar(value)}`);
  return `{ ${entries.join(', ')} }`;
}

/** Lines indented by so many spaces; empty ones stay empty. */
export function indented(lines: readonly string[], spaces: number): string[] {
  return lines.map((line) => (line === '' ? '' : ' '.repeat(spaces) + line));
}

/** `metadata:` with name and, where one was given, namespace. */
export function metadataLines(name: string, namespace: string | undefined): string[] {
  return [
    'metadata:',
    `  name: ${scalar(name)}`,
    ...(namespace === undefined ? [] : [`  namespace: ${scalar(namespace)}`]),
  ];
}
