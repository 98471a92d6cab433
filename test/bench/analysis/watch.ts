// Lets every rule watch the same releases and notes when each of them would have rolled back.
import type { TwoArmCounts } from '../../../operator/src/analysis/e-process.ts';
import type { Rule } from './rules/rule.ts';
import { POLL_SECONDS } from './stream.ts';

/** What became of the releases under one rule. */
export type Outcome = {
  readonly rule: Rule;
  readonly runs: number;
  readonly rolledBack: number;
  /** Means over all runs; one that was not rolled back counts with its whole length. */
  readonly meanSeconds: number;
  readonly meanCanaryRequests: number;
  readonly meanCanaryErrors: number;
};

export type Plan = {
  readonly runs: number;
  readonly polls: number;
  /** A fresh release: called once per run, then once per poll. */
  readonly release: (run: number) => (poll: number) => TwoArmCounts;
};

type Tally = {
  readonly rule: Rule;
  runs: number;
  rolledBack: number;
  seconds: number;
  requests: number;
  errors: number;
};

/** Runs the plan; a release ends for a rule when it rolls back, and early when all have. */
export function watchReleases(rules: readonly Rule[], plan: Plan): readonly Outcome[] {
  const tallies = rules.map(emptyTally);
  for (let run = 0; run < plan.runs; run += 1) watchOne(tallies, plan, run);
  return tallies.map(({ rule, runs, rolledBack, seconds, requests, errors }) => ({
    rule,
    runs,
    rolledBack,
    meanSeconds: seconds / runs,
    meanCanaryRequests: requests / runs,
    meanCanaryErrors: errors / runs,
  }));
}

function emptyTally(rule: Rule): Tally {
  return { rule, runs: 0, rolledBack: 0, seconds: 0, requests: 0, errors: 0 };
}

function watchOne(tallies: readonly Tally[], plan: Plan, run: number): void {
  let watching = tallies
    .filter(({ rule }) => run % (rule.everyNth ?? 1) === 0)
    .map((tally) => ({ watch: tally.rule.start(run), tally }));
  for (const { tally } of watching) tally.runs += 1;
  const nextPoll = plan.release(run);
  for (let index = 0; index < plan.polls && watching.length > 0; index += 1) {
    const poll = nextPoll(index);
    watching = watching.filter(({ watch, tally }) => {
      tally.seconds += POLL_SECONDS;
      tally.requests += poll.canary.requests;
      tally.errors += poll.canary.errors;
      if (watch(poll, (index + 1) * POLL_SECONDS) === 'goOn') return true;
      tally.rolledBack += 1;
      return false;
    });
  }
}
