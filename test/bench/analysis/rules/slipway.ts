// Our own rule: the product's e-process with the parameters given.
import {
  type EProcessParams,
  initialEProcess,
  logEvidence,
  stepEProcess,
} from '../../../../operator/src/analysis/e-process.ts';
import { DEFAULT_PARAMS } from '../../../../operator/src/analysis/params.ts';
import { pollsIn } from '../stream.ts';
import type { Rule } from './rule.ts';

export const ALPHA = DEFAULT_PARAMS.falseRollbackRate;

/** The null the product tests by default, with independent errors. */
export const DEFAULTS: EProcessParams = {
  ...DEFAULT_PARAMS.errors,
  dispersion: 1,
  plannedPolls: pollsIn(30),
};

/** The strictest null: any rate above stable's is too much. */
export const PURE: EProcessParams = { ...DEFAULTS, ratio: 1, margin: 0 };

export function slipway(name: string, params: EProcessParams): Rule {
  const threshold = -Math.log(ALPHA);
  return {
    name,
    start: () => {
      let state = initialEProcess();
      return (poll) => {
        state = stepEProcess(state, poll, params);
        return logEvidence(state, params) >= threshold ? 'rollback' : 'goOn';
      };
    },
  };
}
