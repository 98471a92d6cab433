// The measurements of the ledger still run and still mean what they say. Small, so the limits are
// wide: docs/reference/app-bench.md has the figures of a whole run.
import { expect, it } from '@jest/globals';

import { cellsOf, judge } from '../bench/app/figure.ts';
import type { AppFigure } from '../bench/app/figure.ts';
import { renderText } from '../bench/app/page.ts';
import { runAppBench } from '../bench/app/run.ts';

it('measures transfers, middleware and response times, with budgets beside them', async () => {
  const figures = await runAppBench('small');
  const valueOf = (what: string): number =>
    figures.find((figure) => figure.what.startsWith(what))?.value ?? Number.NaN;
  expect(valueOf('transfers: one round trip')).toBeGreaterThan(2);
  expect(valueOf('middleware: share')).toBeLessThan(60);
  expect(valueOf('response under load, p99')).toBeGreaterThan(0);
  expect(figures.filter((figure) => !(figure.value >= 0))).toEqual([]);
  expect(figures.filter(({ budget }) => budget !== undefined)).toHaveLength(4);
  expect(renderText(figures).split('\n')).toHaveLength(figures.length + 1);
});

it.each<[string, AppFigure, readonly string[]]>([
  [
    'a ratio above its least',
    { what: 'w', value: 6, unit: 'x', budget: { kind: 'atLeast', limit: 5 } },
    ['w', '6 x', '>= 5 x', '1.2 of it, held', ''],
  ],
  [
    'a share above its most',
    { what: 'w', value: 50, unit: '%', budget: { kind: 'atMost', limit: 40 } },
    ['w', '50 %', '<= 40 %', '1.25 of it, missed', ''],
  ],
  [
    'a figure that is only told',
    { what: 'w', value: 1234.5, unit: '/s', note: 'n' },
    ['w', '1235 /s', '', '', 'n'],
  ],
])('shows %s', (_name, figure, want) => {
  expect(cellsOf(figure)).toEqual(want);
  expect(judge(figure)).toBe(/held|missed/.exec(want[3] ?? '')?.[0] ?? 'told');
});
