import { describe, expect, it } from '@jest/globals';
import type { AppReleaseStatus } from '../api/app-release-status.ts';
import { changeOf } from './write-status.ts';

const AT = '2026-11-21T10:00:00.000Z';
const LATER = '2026-11-21T10:00:05.000Z';

const ready = (reason: string): NonNullable<AppReleaseStatus['conditions']>[number] => ({
  type: 'Ready', status: 'False', reason, message: reason, lastTransitionTime: AT,
});

const paused: AppReleaseStatus = {
  observedGeneration: 1,
  controllerEpoch: 4,
  phase: 'Paused',
  message: 'step 2/4 pause at 20 %',
  stage: 'Stepping',
  step: { index: 1, kind: 'pause', startedAt: AT },
  steps: '2/4',
  weight: { desired: 20, observed: 20 },
  conditions: [ready('PauseStep')],
};

const onTheWay: AppReleaseStatus = {
  ...paused,
  phase: 'Progressing',
  message: 'step 3/4 weight at 40 %',
  step: { index: 2, kind: 'weight', startedAt: LATER },
  steps: '3/4',
  weight: { desired: 40, observed: 20 },
  conditions: [ready('Scaling')],
};

interface Case {
  readonly before: AppReleaseStatus;
  readonly after: AppReleaseStatus;
  readonly want: 'none' | 'figures' | 'transition';
}

const cases: Record<string, Case> = {
  nothing: { before: paused, after: { ...paused }, want: 'none' },
  'only the leader that looks on': { before: paused, after: { ...paused, controllerEpoch: 5 }, want: 'none' },
  'a sentence': { before: paused, after: { ...paused, message: 'other words' }, want: 'figures' },
  'a sentence under another leader': {
    before: paused,
    after: { ...paused, message: 'other words', controllerEpoch: 5 },
    want: 'figures',
  },
  'the next weight on its way': { before: paused, after: onTheWay, want: 'transition' },
  'a weight that was reached': {
    before: onTheWay,
    after: { ...paused, weight: { desired: 40, observed: 40 } },
    want: 'transition',
  },
  'a rollback': {
    before: onTheWay,
    after: { ...onTheWay, stage: 'RollingBack', phase: 'RolledBack' },
    want: 'transition',
  },
};

describe('what is new in a status', () => {
  it.each(Object.entries(cases))('%s', (_name, { before, after, want }) => {
    expect(changeOf(before, after).kind).toBe(want);
  });
});
