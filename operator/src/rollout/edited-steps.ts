// The list of steps may be edited while a release goes through it. An index alone would then mean
// another step, or the end of the list: the release goes on from the share it has reached.
import { type Context, withState } from './context.ts';
import { enterStep } from './progress.ts';
import type { StepState } from './state.ts';
import { indexForShare, planAt, stepsOf, weightAt } from './steps.ts';

/** The context with its step in the list as it is now. */
export function inPresentSteps(context: Context): Context {
  const { spec, stable, state } = context;
  const { stage } = state;
  if (!stable) return context;
  switch (stage.kind) {
    case 'Promoting': {
      // All steps were passed before the edit: the last turn is not undone by it.
      const step: StepState = { ...stage.step, index: stepsOf(spec).length, kind: 'finish' };
      return withState(context, { ...state, stage: { kind: 'Promoting', step } });
    }
    case 'Stepping': {
      if (isSameStep(context, stage.step)) return context;
      const { desired, observed } = state.weight;
      const step = enterStep(context, indexForShare(spec, Math.min(desired, observed)));
      return withState(context, { ...state, stage: { kind: 'Stepping', step } });
    }
    default:
      return context;
  }
}

/* A step that moves no traffic by itself must not stand at a higher share than was reached before. */
function isSameStep({ bounds, spec, state }: Context, { index, kind }: StepState): boolean {
  if (kind === undefined) return true;
  if (planAt(spec, index).kind !== kind) return false;
  if (kind === 'weight' || kind === 'finish' || bounds.replicas === 0) return true;
  return weightAt(spec, index) <= state.weight.desired;
}
