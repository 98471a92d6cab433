// All environments by name.
import { builtInNode } from './built-in-node.ts';
import { demo } from './demo.ts';
import type { Environment } from './environment.ts';

export const ENVIRONMENTS = {
  demo,
  'built-in-node': builtInNode,
} as const satisfies Record<string, Environment>;

export type EnvironmentName = keyof typeof ENVIRONMENTS;

export const ENVIRONMENT_NAMES: readonly EnvironmentName[] = ['demo', 'built-in-node'];
