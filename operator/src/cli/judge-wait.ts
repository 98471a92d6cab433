// Is what somebody waits for so, can it still become so, or is it too late? Pure.
import { assertNever } from '../lib/assert.ts';
import type { ReleaseView } from './release-view.ts';

export const GOALS = ['healthy', 'rolledback', 'paused'] as const;
export type Goal = (typeof GOALS)[number];

export interface WaitInput {
  readonly goal: Goal;
  readonly view: ReleaseView;
  /** Of the Deployment that is released; undefined without one. */
  readonly workloadGeneration?: number | undefined;
}

export type WaitJudgement =
  | { readonly kind: 'reached' }
  /** The release stands otherwise. `mayPass`: it may be so only for a moment. */
  | { readonly kind: 'otherwise'; readonly mayPass: boolean }
  /** The operator has not seen what was written last: its status speaks of something older. */
  | { readonly kind: 'unseen'; readonly what: string }
  | { readonly kind: 'under way' };

/** Judges one look at a release. */
export function judgeWait({ goal, view, workloadGeneration }: WaitInput): WaitJudgement {
  const unseen = whatIsUnseen(view, workloadGeneration);
  if (unseen !== undefined) return { kind: 'unseen', what: unseen };
  const { phase, stage } = view.status;
  switch (phase) {
    case undefined:
    case 'Progressing':
      return { kind: 'under way' };
    case 'Healthy':
      return goal === 'healthy' ? { kind: 'reached' } : { kind: 'under way' };
    case 'Paused':
      return goal === 'paused' ? { kind: 'reached' } : { kind: 'under way' };
    case 'RolledBack':
      if (goal !== 'rolledback') return { kind: 'otherwise', mayPass: false };
      // The phase says so from the first moment; the traffic is back when the stage says so too.
      return stage === 'RollingBack' ? { kind: 'under way' } : { kind: 'reached' };
    case 'Degraded':
    case 'Blocked':
      return { kind: 'otherwise', mayPass: true };
    default:
      return assertNever(phase);
  }
}

function whatIsUnseen(view: ReleaseView, workloadGeneration: number | undefined): string | undefined {
  const { generation, status } = view;
  if ((status.observedGeneration ?? 0) < generation) return `generation ${generation} of the AppRelease`;
  if (workloadGeneration === undefined) return undefined;
  return (status.workload?.generation ?? 0) < workloadGeneration
    ? `generation ${workloadGeneration} of the Deployment`
    : undefined;
}
