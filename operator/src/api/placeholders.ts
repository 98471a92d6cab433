// Placeholders in the text of a query: `{{hash}}` becomes what it stands for in the version that is
// asked about. Only these; what is not known is refused, never sent as it stands.

/** What each placeholder stands for. */
export const PLACEHOLDERS = {
  hash: 'the label pod-template-hash of the pods of the version',
  replicaSet: "the name of the version's ReplicaSet, with which the names of its pods begin",
  revision: 'the number of the revision',
  name: 'the name of the AppRelease',
  namespace: 'its namespace',
} as const;

export type Placeholder = keyof typeof PLACEHOLDERS;
/** Their values for one version. */
export type PlaceholderValues = Readonly<Record<Placeholder, string>>;

/** Those that differ between candidate and stable. */
export const VERSION_PLACEHOLDERS: readonly Placeholder[] = ['hash', 'replicaSet', 'revision'];

/** Regular expressions that CEL and JavaScript read alike. */
export const ANY_PLACEHOLDER = '[{][{][^{}]*[}][}]';
export const KNOWN_PLACEHOLDER = `^[{][{](${Object.keys(PLACEHOLDERS).join('|')})[}][}]$`;
export const VERSION_PLACEHOLDER = `[{][{](${VERSION_PLACEHOLDERS.join('|')})[}][}]`;

export const PLACEHOLDER_SENTENCE = `a placeholder is one of ${Object.keys(PLACEHOLDERS)
  .map((name) => `{{${name}}}`)
  .join(', ')}`;

/** True when the text asks about one version in particular. */
export function namesVersion(text: string): boolean {
  return new RegExp(VERSION_PLACEHOLDER).test(text);
}

export function hasOnlyKnownPlaceholders(text: string): boolean {
  const known = new RegExp(KNOWN_PLACEHOLDER);
  return (text.match(new RegExp(ANY_PLACEHOLDER, 'g')) ?? []).every((found) => known.test(found));
}

export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  return text.replaceAll(new RegExp(ANY_PLACEHOLDER, 'g'), (found) => {
    const name = found.slice(2, -2);
    return Object.hasOwn(values, name) ? values[name as Placeholder] : found;
  });
}
