// The rules that are compared, with the settings their own documentation shows or defaults to.
import { UNKNOWN_DISPERSION } from '../../../../operator/src/analysis/params.ts';
import { asShipped } from './as-shipped.ts';
import { argoRollouts } from './argo-rollouts.ts';
import { flagger } from './flagger.ts';
import { kayenta } from './kayenta.ts';
import { peekedZTest } from './peeked-z-test.ts';
import type { Rule } from './rule.ts';
import { DEFAULTS, PURE, slipway } from './slipway.ts';

export const OURS: readonly Rule[] = [
  slipway('Slipway, defaults', DEFAULTS),
  slipway('Slipway, ratio 1 and margin 0', PURE),
  slipway('Slipway, defaults, dispersion not known', {
    ...DEFAULTS,
    dispersion: UNKNOWN_DISPERSION,
  }),
];

/** Our rules and the judge they make up together; these must hold the bound. */
export const BOUNDED: readonly Rule[] = [...OURS, asShipped];

const minute = { windowSeconds: 60 } as const;

const OTHERS: readonly Rule[] = [
  peekedZTest,
  argoRollouts({
    name: 'Argo Rollouts, sample of its docs: 5 min, 0.95, limit 3',
    firstSeconds: 10,
    intervalSeconds: 300,
    windowSeconds: 300,
    leastSuccess: 0.95,
    failureLimit: 3,
  }),
  argoRollouts({
    name: 'Argo Rollouts, 30 s, 0.95, limit 2',
    ...minute,
    firstSeconds: 30,
    intervalSeconds: 30,
    leastSuccess: 0.95,
    failureLimit: 2,
  }),
  argoRollouts({
    name: 'Argo Rollouts, 30 s, 0.99, limit 2',
    ...minute,
    firstSeconds: 30,
    intervalSeconds: 30,
    leastSuccess: 0.99,
    failureLimit: 2,
  }),
  argoRollouts({
    name: 'Argo Rollouts, 10 s, 0.99, limit 0',
    ...minute,
    firstSeconds: 10,
    intervalSeconds: 10,
    leastSuccess: 0.99,
    failureLimit: 0,
  }),
  flagger({
    name: 'Flagger, its tutorial: 1 min, 99 %, threshold 5',
    ...minute,
    intervalSeconds: 60,
    leastSuccess: 0.99,
    threshold: 5,
  }),
  flagger({
    name: 'Flagger, 10 s, 99 %, threshold 3',
    ...minute,
    intervalSeconds: 10,
    leastSuccess: 0.99,
    threshold: 3,
  }),
];

const KAYENTAS: readonly Rule[] = [
  kayenta({ name: 'Kayenta, every 5 min', everySeconds: 300 }),
  kayenta({ name: 'Kayenta, once after 30 min', everySeconds: 1800 }),
];

/** Every rule, ours first. */
export const RULES: readonly Rule[] = [...BOUNDED, ...OTHERS, ...KAYENTAS];

/** Kayenta's test of ranks takes minutes of a study; it is not compared everywhere. */
export const WITHOUT_KAYENTA: readonly Rule[] = [...BOUNDED, ...OTHERS];
