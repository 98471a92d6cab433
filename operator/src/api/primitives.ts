// Building blocks of the schema: scalar shapes with the words a person reads when they are wrong,
// and the extensions that Kubernetes understands in a CRD.
import { z } from 'zod';

/** One CEL rule, as a CRD carries it. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** Attaches CEL rules to a schema; `api/crd.ts` writes them into the CRD. */
export function withRules<T extends z.ZodType>(schema: T, rules: readonly CelRule[]): T {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules }) as T;
}

/** An object whose unknown fields the API server keeps: it is checked elsewhere. */
export function preserved(description: string) {
  return z
    .record(z.string(), z.unknown())
    .meta({ description, 'x-kubernetes-preserve-unknown-fields': true });
}

export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

export const objectName = z.string().min(1).max(253).regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
export const serviceName = z.string().min(1).max(63).regex(DNS_LABEL);

/** A share such as `0.1%` or `25%`, in text because JSON numbers hide what is meant. */
export const percentText = z.string().max(16).regex(/^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$/);

/** A count of pods or a percentage of them, as in a Deployment. */
export const intOrPercent = z
  .union([z.number().int().min(0).max(100_000), z.string().max(4).regex(/^(100|[0-9]{1,2})%$/)])
  .meta({ 'x-kubernetes-int-or-string': true });

export const seconds = (description: string, max = 86_400 * 7) =>
  z.number().int().min(0).max(max).meta({ description });

/** `0.1%` -> 0.001. */
export function fractionOf(percent: string): number {
  return Number(percent.slice(0, -1)) / 100;
}

export type IntOrPercent = z.infer<typeof intOrPercent>;

/**
 * The number of pods an int-or-percent stands for, rounded as Deployments do: surge up,
 * unavailability down.
 */
export function podsOf(value: IntOrPercent, replicas: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const exact = (Number(value.slice(0, -1)) * replicas) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
