// A figure of the ledger and the budget it is held against.

/** Ratios have no unit. `atLeast` and `atMost` are in the unit of the figure. */
export type Budget =
  | { readonly kind: 'atLeast'; readonly limit: number }
  | { readonly kind: 'atMost'; readonly limit: number };

export interface AppFigure {
  readonly what: string;
  readonly value: number;
  /** x (a ratio), %, /s, ms, us. */
  readonly unit: string;
  readonly budget?: Budget;
  readonly note?: string;
}

/** `told` is a figure without a budget. */
export function judge({ value, budget }: AppFigure): 'held' | 'missed' | 'told' {
  if (budget === undefined) return 'told';
  const isHeld = budget.kind === 'atLeast' ? value >= budget.limit : value <= budget.limit;
  return isHeld ? 'held' : 'missed';
}

/** Columns: what, figure, budget, how far from it, note. */
export function cellsOf(figure: AppFigure): readonly string[] {
  const { what, value, unit, budget, note } = figure;
  return [
    what,
    `${shorten(value)} ${unit}`,
    budget === undefined
      ? ''
      : `${budget.kind === 'atLeast' ? '>=' : '<='} ${budget.limit} ${unit}`,
    budget === undefined ? '' : `${ratioText(value, budget.limit)}${judge(figure)}`,
    note ?? '',
  ];
}

export const headings = ['what', 'figure', 'budget', 'against it', 'note'] as const;

/** Nothing is a share of zero. */
function ratioText(value: number, limit: number): string {
  return limit === 0 ? '' : `${shorten(value / limit)} of it, `;
}

function shorten(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
