// What a decision is: the next state, the effects that bring the world nearer to it, when to look
// again, and why. A value; nobody has acted yet.
import type { Phase } from '../api/app-release-status.ts';
import type { Reason } from '../api/reasons.ts';
import type { Instant } from '../lib/instant.ts';
import type { Outcome } from './snapshot.ts';
import type { ReleaseState } from './state.ts';

export interface Decision {
  readonly next: ReleaseState;
  readonly effects: readonly Effect[];
  /** Look again then, if nothing happens before. */
  readonly wakeAt?: Instant;
  readonly phase: Phase;
  readonly reason: Reason;
  /** One line for people. */
  readonly message: string;
}

export interface SetRef {
  readonly name: string;
  readonly uid: string;
}

export interface OutcomeMark {
  readonly outcome: Outcome;
  readonly reason: Reason;
}

/** One write. Each fails when the world moved since the snapshot. */
export type Effect =
  | { readonly kind: 'addFinalizer' }
  | { readonly kind: 'removeFinalizer' }
  /** Writes `spec.replicas` of the AppRelease, once, where nobody did. */
  | { readonly kind: 'claimReplicas'; readonly replicas: number }
  | {
      readonly kind: 'createSet';
      readonly revision: number;
      readonly hash: string;
      readonly replicas: number;
      readonly outcome: Outcome;
    }
  | {
      readonly kind: 'scaleSet';
      readonly set: SetRef;
      /** Counts the changes of its spec: the same size can be another one's, come back to. */
      readonly generation: number;
      readonly from: number;
      readonly to: number;
      readonly mark?: OutcomeMark;
    }
  | { readonly kind: 'markSet'; readonly set: SetRef; readonly mark: OutcomeMark }
  | { readonly kind: 'deleteSet'; readonly set: SetRef }
  /** Makes the Service of that role, or points it at the pods with `hash`. */
  | { readonly kind: 'pointService'; readonly role: 'stable' | 'canary'; readonly hash: string }
  /** The canary's percent; makes the route when it is ours and missing. */
  | { readonly kind: 'setWeight'; readonly weight: number }
  | { readonly kind: 'pauseDeployment' }
  | { readonly kind: 'unpauseDeployment' }
  | { readonly kind: 'scaleDeployment'; readonly replicas: number }
  /** Takes a ReplicaSet over from the Deployment. */
  | { readonly kind: 'takeSet'; readonly set: SetRef; readonly outcome: Outcome }
  /** Gives a ReplicaSet back to the Deployment. */
  | { readonly kind: 'giveBackSet'; readonly set: SetRef }
  /** Points the route at the application's own Service and lets go of it. */
  | { readonly kind: 'releaseRoute' }
  /** Says on the Deployment why it was left paused. */
  | { readonly kind: 'explainHandBack'; readonly message: string }
  | {
      readonly kind: 'finishAction';
      readonly action: string;
      readonly phase: 'Applied' | 'Expired' | 'Rejected';
      readonly message: string;
    };

export type EffectKind = Effect['kind'];
