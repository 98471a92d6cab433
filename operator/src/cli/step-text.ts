// The steps of a release in words, and which of them are behind.
import type { Step } from '../api/app-release.ts';
import { stepsOf } from '../rollout/steps.ts';
import type { ReleaseView } from './release-view.ts';
import type { Mark } from './style.ts';

export interface MarkedStep {
  readonly text: string;
  readonly mark: Mark;
}

/** The steps of the spec, with `finish` at the end, marked by how far the release is. */
export function markedSteps({ spec, status }: ReleaseView): MarkedStep[] {
  const steps = spec.kind === 'valid' ? stepsOf(spec.value) : [];
  const texts = [...steps.map(stepText), 'finish'];
  const isUnderWay = status.stage === 'Stepping' || status.stage === 'Promoting';
  const current = isUnderWay ? (status.step?.index ?? 0) : -1;
  return texts.map((text, index) => ({
    text,
    mark: index < current ? 'done' : index === current ? 'current' : 'ahead',
  }));
}

export function stepText(step: Step): string {
  if (step.weight !== undefined) return `weight ${step.weight}`;
  if (step.verify) return `verify ${step.verify.seconds}s`;
  return step.pause?.seconds === undefined ? 'pause' : `pause ${step.pause.seconds}s`;
}
