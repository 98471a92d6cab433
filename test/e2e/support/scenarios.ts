// The releases that the demo shows and the tests repeat.
import type { Scenario } from './play-release.ts';

const image = (tag: string): string => `localhost/slipway/ledger:${tag}`;

export const GOOD: Scenario = {
  name: 'good version',
  version: { image: image('1.1.0') },
  want: 'Promoted',
  timeoutMs: 180_000,
};

export const ERRORS: Scenario = {
  name: '20 % of requests answered 5xx',
  version: { image: image('1.2.0'), env: { FAULT_ERROR_SHARE: '0.2' } },
  want: 'RolledBack',
  timeoutMs: 120_000,
};

export const NEVER_READY: Scenario = {
  name: 'never ready',
  version: { image: image('1.2.0'), env: { FAULT_NEVER_READY: 'true' } },
  want: 'RolledBack',
  timeoutMs: 120_000,
};

export const NO_IMAGE: Scenario = {
  name: 'image does not exist',
  version: { image: image('9.9.9') },
  want: 'RolledBack',
  timeoutMs: 120_000,
};

export const DEMO_SCENARIOS: readonly Scenario[] = [GOOD, ERRORS, NEVER_READY, NO_IMAGE];
