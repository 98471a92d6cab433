// The decision core as the simulation sees it: the real one, or a copy with a bug put into it.
import { decide } from '../../operator/src/rollout/decide.ts';
import { checkEffects } from '../../operator/src/rollout/invariants.ts';
import { stateOf } from '../../operator/src/rollout/state-codec.ts';
import { statusOf } from '../../operator/src/rollout/status.ts';

export interface Core {
  readonly decide: typeof decide;
  readonly checkEffects: typeof checkEffects;
  readonly stateOf: typeof stateOf;
  readonly statusOf: typeof statusOf;
}

export const REAL_CORE: Core = { decide, checkEffects, stateOf, statusOf };
