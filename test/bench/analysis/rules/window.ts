// The canary's success rate over the last polls, as a Prometheus range query would see it.
import type { TwoArmCounts } from '../../../../operator/src/analysis/e-process.ts';
import { POLL_SECONDS } from '../stream.ts';

export type Window = {
  readonly push: (poll: TwoArmCounts) => void;
  /** Share of requests that succeeded; NaN without a request, as a query answers. */
  readonly successRate: () => number;
};

export function slidingWindow(seconds: number): Window {
  const polls: TwoArmCounts['canary'][] = [];
  const size = Math.max(1, Math.round(seconds / POLL_SECONDS));
  return {
    push: ({ canary }) => {
      polls.push(canary);
      if (polls.length > size) polls.shift();
    },
    successRate: () => {
      const requests = polls.reduce((sum, poll) => sum + poll.requests, 0);
      const errors = polls.reduce((sum, poll) => sum + poll.errors, 0);
      return 1 - errors / requests;
    },
  };
}
