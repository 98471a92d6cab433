// The labels of everything we render. Only names that people chose, never hashes of where a
// construct stands: selectors are immutable, and a renamed construct must not restart pods.

/** Which program of which application an object belongs to. */
export interface Identity {
  readonly name: string;
  readonly component: string;
}

/** Labels of an object and its pods; also what selects those pods. */
export function labelsOf({ name, component }: Identity): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': component };
}

/** The label of a whole chart's objects. */
export function partOf(product: string): Record<string, string> {
  return { 'app.kubernetes.io/part-of': product };
}
