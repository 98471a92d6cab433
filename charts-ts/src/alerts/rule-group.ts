// Groups of Prometheus rules as data: what a PrometheusRule and a rule file have in common.

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** A series computed from others. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must be so, such as `5m`. */
  readonly for: string;
  readonly labels: { readonly severity: Severity };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** `page` wakes somebody up, `ticket` waits for the morning. */
export type Severity = 'page' | 'ticket';

export interface AlertText {
  readonly severity: Severity;
  /** What is so, in one line. Go templates of Prometheus are allowed. */
  readonly summary: string;
  /** What to look at first. */
  readonly description: string;
}

/** An alert that fires when `expr` has had a value for `forAtLeast`. */
export function alert(
  name: string,
  expr: string,
  { forAtLeast, severity, ...annotations }: AlertText & { readonly forAtLeast: string },
): AlertingRule {
  return { alert: name, expr, for: forAtLeast, labels: { severity }, annotations };
}
