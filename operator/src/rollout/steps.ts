// The list of steps: which weight holds at an index, what kind of step stands there.
import type { AppReleaseSpec, PaceSpec, Step, VerifySpec } from '../api/app-release.ts';

export type StepPlan =
  | { readonly kind: 'weight'; readonly weight: number }
  | { readonly kind: 'verify'; readonly verify: VerifySpec }
  | { readonly kind: 'pause'; readonly seconds?: number }
  /** After the last step: everything to the candidate. */
  | { readonly kind: 'finish' };

export function stepsOf(spec: AppReleaseSpec): readonly Step[] {
  const { pace, steps } = spec.strategy.canary ?? {};
  return pace ? paceSteps(pace) : (steps ?? []);
}

/** What a pace stops at on its way up; those that are allowed already are passed over. */
const PACE_WEIGHTS = [1, 2, 5, 10, 20, 35, 50, 75, 100] as const;

/* A verify step of a pace passes when the next weight is within the budget: see canary.ts. */
function paceSteps({ deadlineSeconds, maxWeight, onDeadline }: PaceSpec): readonly Step[] {
  const verify: VerifySpec = {
    seconds: 0,
    until: 'evidence',
    requests: 1,
    deadlineSeconds,
    onDeadline,
  };
  const weights = [...PACE_WEIGHTS.filter((weight) => weight < maxWeight), maxWeight];
  return weights.flatMap((weight): Step[] => [{ weight }, { verify }]);
}

/**
 * The step that follows the one at `index`: the next one, or with a pace the highest weight that is
 * allowed.
 */
export function nextIndex(spec: AppReleaseSpec, index: number, allowedWeight: number): number {
  const steps = stepsOf(spec);
  if (!spec.strategy.canary?.pace || steps[index]?.verify === undefined) return index + 1;
  const allowed = steps.findLastIndex(
    ({ weight }, at) => at > index && weight !== undefined && weight <= allowedWeight,
  );
  return Math.max(index + 1, allowed);
}

export function planAt(spec: AppReleaseSpec, index: number): StepPlan {
  const step = stepsOf(spec)[index];
  if (!step) return { kind: 'finish' };
  if (step.weight !== undefined) return { kind: 'weight', weight: step.weight };
  if (step.verify) return { kind: 'verify', verify: step.verify };
  const seconds = step.pause?.seconds;
  return seconds === undefined ? { kind: 'pause' } : { kind: 'pause', seconds };
}

/** The weight that holds during the step at `index`: that of the last weight step up to it. */
export function weightAt(spec: AppReleaseSpec, index: number): number {
  const steps = stepsOf(spec);
  if (index >= steps.length) return 100;
  const weights = steps
    .slice(0, index + 1)
    .flatMap((step) => (step.weight === undefined ? [] : [step.weight]));
  return weights.at(-1) ?? 0;
}

/**
 * Where to resume when only the present share is known: at the last weight that it covers, and at the
 * first step with that weight, since nobody knows what was passed between two of them.
 */
export function indexForShare(spec: AppReleaseSpec, sharePercent: number): number {
  const covered = weightsOf(spec).filter((weight) => weight <= sharePercent);
  const index = stepsOf(spec).findIndex(({ weight }) => weight === Math.max(...covered));
  return Math.max(0, index);
}

/** The weights of the weight steps, in order. */
export function weightsOf(spec: AppReleaseSpec): readonly number[] {
  return stepsOf(spec).flatMap(({ weight }) => (weight === undefined ? [] : [weight]));
}
