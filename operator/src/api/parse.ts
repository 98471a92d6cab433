// The edge where unknown JSON becomes a trusted AppRelease, or a list of what is wrong with it.
// The CRD refuses the same things earlier; this stands for servers with an older CRD and for files.
import type { z } from 'zod';
import { type AppReleaseSpec, specSchema } from './app-release.ts';
import { type AppReleaseStatus, statusSchema } from './app-release-status.ts';
import { isPlace, PLACE_SENTENCE } from './gateway-counters.ts';
import type { CelRule } from './primitives.ts';
import { queryViolations } from './query-rules.ts';
import { scrapeViolations } from './scrape.ts';
import { type ReleaseActionSpec, actionSpecSchema } from './release-action.ts';

/** One thing wrong with a field: its path from the object's root, and a sentence. */
export interface Violation {
  readonly field: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly violations: readonly Violation[] };

export function parseSpec(raw: unknown): Parsed<AppReleaseSpec> {
  const parsed = parse(specSchema, raw, 'spec');
  if (parsed.kind === 'invalid') return parsed;
  const violations = crossFieldViolations(parsed.value);
  return violations.length > 0 ? { kind: 'invalid', violations } : parsed;
}

/** A status we cannot read is as good as none: it is rebuilt. */
export function parseStatus(raw: unknown): AppReleaseStatus {
  const parsed = parse(statusSchema, raw ?? {}, 'status');
  return parsed.kind === 'valid' ? parsed.value : {};
}

export function parseAction(raw: unknown): Parsed<ReleaseActionSpec> {
  return parse(actionSpecSchema, raw, 'spec');
}

function parse<T>(schema: z.ZodType<T>, raw: unknown, root: string): Parsed<T> {
  const result = schema.safeParse(raw);
  if (result.success) return { kind: 'valid', value: result.data };
  const violations = result.error.issues.slice(0, 20).map((issue) => ({
    field: pathOf([root, ...issue.path]),
    message: issue.message,
  }));
  return { kind: 'invalid', violations };
}

function pathOf(parts: readonly PropertyKey[]): string {
  return parts
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`))
    .join('');
}

/* The rules that the CRD states in CEL, once more in TypeScript: a test holds the two together. */
function crossFieldViolations(spec: AppReleaseSpec): Violation[] {
  const found: Violation[] = [];
  const add = (field: string, message: string) => found.push({ field, message });
  if ((spec.workloadRef === undefined) === (spec.template === undefined)) {
    add('spec', 'name exactly one of workloadRef (a Deployment) and template (a pod template)');
  }
  const { canary } = spec.strategy;
  if (!canary) add('spec.strategy', 'name a strategy: canary');
  canary?.steps.forEach((step, index) => {
    const kinds = [step.weight, step.verify, step.pause].filter((part) => part !== undefined);
    if (kinds.length !== 1) {
      add(`spec.strategy.canary.steps[${index}]`, 'a step is exactly one of weight, verify or pause');
    }
  });
  const weights = (canary?.steps ?? []).flatMap((step) => (step.weight === undefined ? [] : [step.weight]));
  if (weights.some((weight, index) => index > 0 && weight < (weights[index - 1] ?? 0))) {
    add(
      'spec.strategy.canary.steps',
      'the weights of the steps must not fall: a step back is a rollback, not a step',
    );
  }
  if (canary && [canary.maxSurge, canary.maxUnavailable].every((value) => /^0%?$/.test(String(value)))) {
    add(
      'spec.strategy.canary.maxSurge',
      'maxSurge and maxUnavailable cannot both be 0: no pod could ever be replaced. Set maxSurge to at least 1',
    );
  }
  if (canary?.pace && canary.steps.length > 0) {
    add(
      'spec.strategy.canary.pace',
      'name steps or pace, not both: pace chooses the weights by itself',
    );
  }
  if (canary?.pace && !spec.checks?.scrape) {
    add(
      'spec.strategy.canary.pace',
      'pace needs checks.scrape: without numbers nothing says how much the candidate may get',
    );
  }
  if (spec.checks?.gateway && !spec.traffic?.gateway) {
    add(
      'spec.checks.gateway',
      'checks.gateway needs traffic.gateway: without a router there is no gateway that counts',
    );
  }
  if (spec.checks?.gateway && !isPlace(spec.checks.gateway.address)) {
    add('spec.checks.gateway.address', PLACE_SENTENCE);
  }
  const gateway = spec.traffic?.gateway;
  if (gateway && (gateway.route === undefined) === (gateway.routeRef === undefined)) {
    add(
      'spec.traffic.gateway',
      'name exactly one of route (the operator owns it) and routeRef (you own it)',
    );
  }
  const errorRate = spec.checks?.errorRate;
  if (errorRate && (errorRate.total === undefined) !== (errorRate.errors === undefined)) {
    add(
      'spec.checks.errorRate',
      'name both total and errors, or neither (then well-known counters are recognised)',
    );
  }
  const scrape = spec.checks?.scrape;
  for (const { path, message } of scrape ? scrapeViolations(scrape) : []) {
    add(`spec.checks.scrape${path}`, message);
  }
  for (const { path, message } of queryViolations(spec.checks?.queries ?? [])) {
    add(`spec.checks.queries${path}`, message);
  }
  return found;
}

/** The CEL rules that stand for themselves in `parse` as well; for the test that compares them. */
export type { CelRule };
