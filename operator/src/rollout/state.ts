// What a release remembers between two decisions. It is read from status and written to it; see
// status-codec.ts. Whatever can be seen in the cluster is not remembered here.
import type { HistoryEntry } from '../api/app-release-status.ts';
import type { Reason } from '../api/reasons.ts';
import type { ActionName } from '../api/release-action.ts';
import type { Instant } from '../lib/instant.ts';
import type { StepPlan } from './steps.ts';

export interface ReleaseState {
  readonly stable?: RevisionId;
  readonly candidate?: RevisionId;
  readonly stage: Stage;
  readonly weight: WeightState;
  /** Present while the candidate fails for a reason that may pass. */
  readonly grace?: { readonly reason: Reason; readonly since: Instant };
  /** Present while stable itself fails, and until it is well again. */
  readonly outage?: Outage;
  readonly pausedBy?: { readonly by: string; readonly at: Instant; readonly reason?: string };
  /** When the candidate's release began. */
  readonly startedAt?: Instant;
  readonly history: readonly HistoryEntry[];
  /** The last actions that were dealt with, oldest first. */
  readonly finished: readonly FinishedAction[];
}

/** Since when stable fails, and what was done about it. */
export interface Outage {
  readonly since: Instant;
  /**
   * `withdrawn`: the candidate's traffic was taken away to see whether stable recovers.
   * `rescue`: the candidate does better and gets everything.
   */
  readonly response:
    | { readonly kind: 'held' }
    | { readonly kind: 'withdrawn'; readonly at: Instant }
    | { readonly kind: 'rescue' };
}

/** What became of an action; remembered before it is written to the action itself. */
export interface FinishedAction {
  readonly uid: string;
  readonly name: string;
  readonly action: ActionName;
  readonly by: string;
  readonly phase: 'Applied' | 'Expired' | 'Rejected';
  readonly message: string;
}

export interface RevisionId {
  readonly revision: number;
  readonly hash: string;
  readonly setName: string;
  readonly images: readonly string[];
}

/*
   Idle --new version--> Stepping --last step passed--> Promoting --> Idle
                            |                               |
                            +------- failed, aborted -------+--> RollingBack --> RolledBack
                            +------- superseded, undone -----------------------> Idle
   RolledBack --another version or retry--> Stepping
*/
export type Stage =
  | { readonly kind: 'Idle' }
  | { readonly kind: 'Stepping'; readonly step: StepState }
  | { readonly kind: 'Promoting'; readonly step: StepState }
  | { readonly kind: 'RollingBack'; readonly cause: RollbackCause }
  | { readonly kind: 'RolledBack'; readonly cause: RollbackCause };

export interface StepState {
  readonly index: number;
  /** What stood there when it began: the list may be edited meanwhile. Absent in old statuses. */
  readonly kind?: StepPlan['kind'];
  readonly startedAt: Instant;
  /** Most candidate pods seen available since the step began: progress is only what exceeds it. */
  readonly mark: number;
  readonly markedAt: Instant;
  /** Since when candidate pods are missing; absent while all of them are available. */
  readonly waitingSince?: Instant;
  /** Requests the candidate had answered when the step began. */
  readonly requestsBefore: number;
  /** Somebody promoted past this step. */
  readonly isPromoted: boolean;
}

export interface RollbackCause {
  readonly reason: Reason;
  readonly message: string;
  readonly at: Instant;
  readonly by?: string;
  /** How the revision ends: refused (`failed`, `undone`) or merely `superseded`. */
  readonly outcome: 'failed' | 'undone' | 'superseded';
  /** What the candidate had answered by then, where that was counted. */
  readonly counts?: { readonly requests: number; readonly errors: number };
}

export interface WeightState {
  readonly desired: number;
  readonly observed: number;
  /** When the split last became what is desired; settling counts from here. */
  readonly changedAt?: Instant;
}

export const NEW_STATE: ReleaseState = {
  stage: { kind: 'Idle' },
  weight: { desired: 0, observed: 0 },
  history: [],
  finished: [],
};
