// A measured figure, the budget it is held against, and what peers need for the same.

/** Counts are exact on any machine; times depend on the machine and on who else uses it. */
export type Budget =
  | {
      readonly kind: 'count';
      readonly most: number;
      /** A known excess: told as over, and the run fails only beyond it. */
      readonly known?: number;
    }
  | { readonly kind: 'time'; readonly mostMs: number }
  | { readonly kind: 'size'; readonly mostMebibytes: number };

export type Figure = {
  readonly what: string;
  readonly value: number;
  /** What `value` counts; times are milliseconds, sizes mebibytes. */
  readonly unit: string;
  readonly budget?: Budget;
  /** The same of others, as measured on the same kind of cluster. */
  readonly peers?: string;
  /** Whatever a reader needs to believe the figure: how many runs, what the machine did meanwhile. */
  readonly note?: string;
};

export type Judgement = 'ok' | 'over' | 'told';

/** `told` is a figure without a budget. */
export const judge = ({ value, budget }: Figure): Judgement => {
  if (budget === undefined) return 'told';
  return value <= limitOf(budget) ? 'ok' : 'over';
};

/** The largest value within the budget, in the unit of the figure. */
export const limitOf = (budget: Budget): number => {
  switch (budget.kind) {
    case 'count': return budget.most;
    case 'time': return budget.mostMs;
    case 'size': return budget.mostMebibytes;
  }
};

/** Only counts fail a run: they do not depend on the machine. */
export const isFailure = ({ budget, value }: Figure): boolean =>
  budget?.kind === 'count' && value > Math.max(budget.most, budget.known ?? 0);
