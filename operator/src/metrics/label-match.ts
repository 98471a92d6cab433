// Label conditions of user-named counters: each label's whole value must match its pattern.
import { type Result, err, ok } from '../lib/result.ts';
import { type Pattern, compilePattern } from './pattern.ts';

export type LabelMatcher = { readonly label: string; readonly pattern: Pattern };

/** Turns `{ status: "5.." }` into matchers; the error names the label and what is wrong. */
export function compileLabels(
  labels: Readonly<Record<string, string>>,
): Result<readonly LabelMatcher[], string> {
  const matchers: LabelMatcher[] = [];
  for (const [label, source] of Object.entries(labels)) {
    const pattern = compilePattern(source);
    if (pattern.kind === 'error') return err(`label ${label}: ${pattern.error}`);
    matchers.push({ label, pattern: pattern.value });
  }
  return ok(matchers);
}

/** A label that is absent counts as empty, as in Prometheus. */
export function matchesLabels(
  labels: ReadonlyMap<string, string>,
  matchers: readonly LabelMatcher[],
): boolean {
  return matchers.every(({ label, pattern }) => pattern.matches(labels.get(label) ?? ''));
}
