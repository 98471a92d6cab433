// All environments by name.
import { demo } from './demo.ts';
import type { Environment } from './environment.ts';

export const ENVIRONMENTS = {
  demo,
} as const satisfies Record<string, Environment>;

export type EnvironmentName = keyof typeof ENVIRONMENTS;

export const ENVIRONMENT_NAMES: readonly EnvironmentName[] = ['demo'];
