// What a rule is: told each poll of one release, it rolls back or does not.
import type { TwoArmCounts } from '../../../../operator/src/analysis/e-process.ts';

/** One release under judgement. `endSeconds`: the moment of the poll since the release began. */
export type Watch = (poll: TwoArmCounts, endSeconds: number) => 'rollback' | 'goOn';

export type Rule = {
  readonly name: string;
  /** Of the release with this number: what a rule draws for itself is seeded by it. */
  readonly start: (run: number) => Watch;
  /** Costly rules watch only every so many releases. */
  readonly everyNth?: number;
};
