// All environments by name.
import { bank } from './bank.ts';
import { demo } from './demo.ts';
import { DEV } from './dev.ts';
import type { Environment } from './environment.ts';
import { PROD_EU } from './prod-eu.ts';
import { PROD_US } from './prod-us.ts';
import type { Settings } from './settings.ts';
import { STAGING } from './staging.ts';

/** The environments that are Settings of the same bank. */
export const SETTINGS = {
  dev: DEV,
  staging: STAGING,
  'prod-eu': PROD_EU,
  'prod-us': PROD_US,
} as const satisfies Record<string, Settings>;

export const ENVIRONMENTS = {
  demo,
  dev: bank(DEV),
  staging: bank(STAGING),
  'prod-eu': bank(PROD_EU),
  'prod-us': bank(PROD_US),
} as const satisfies Record<string, Environment>;

export type EnvironmentName = keyof typeof ENVIRONMENTS;

export const ENVIRONMENT_NAMES: readonly EnvironmentName[] = ['demo', 'dev', 'staging', 'prod-eu', 'prod-us'];
