// What bringing traffic to the candidate, or taking it away, comes to.
import type { Instant } from '../lib/instant.ts';
import type { Effect } from './decision.ts';
import type { WeightState } from './state.ts';

export interface Exposure {
  readonly effects: readonly Effect[];
  /** The snapshot shows the split as asked for, and it has settled. */
  readonly isReached: boolean;
  /**
   * The candidate has what is asked for, and more: an operator that did not live to say so was on its
   * way to a further step.
   */
  readonly isExceeded: boolean;
  readonly weight: WeightState;
  readonly wakeAt?: Instant;
  /** What is being waited for, for the message; '' when reached. */
  readonly waitingFor: string;
}

export interface Retreat {
  readonly effects: readonly Effect[];
  readonly weight: WeightState;
  /** No user reaches the candidate any more. */
  readonly isDone: boolean;
  /** Stable answers nothing, so traffic stays where it is answered. */
  readonly isStuck: boolean;
  /** What the gateway says against the route, if it refuses it. */
  readonly refusal?: string;
  readonly wakeAt?: Instant;
}

/** `urgent`: the candidate hurts users. `calm`: nothing is wrong with it, it is only not wanted. */
export type Pace = 'urgent' | 'calm';
