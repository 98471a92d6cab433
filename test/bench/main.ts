// npm run bench [-- <name...>] [-- --small] [-- --write]: measures the budgets of the design on the
// API tier and prints one table. Ends with 1 only if a count is over its budget or a bench failed:
// times are told, never asserted.
import { createProgress } from '../cluster/src/progress.ts';
import type { Bench, Size } from './bench.ts';
import { apiCalls } from './benches/api-calls.ts';
import { failOver } from './benches/fail-over.ts';
import { fleet } from './benches/fleet.ts';
import { large } from './benches/large.ts';
import { reactions } from './benches/reactions.ts';
import { retreats } from './benches/retreats.ts';
import { verdicts } from './benches/verdicts.ts';
import { isFailure } from './figure.ts';
import { startPressure } from './lab/noise.ts';
import { openLab } from './lab/lab.ts';
import { writePage } from './page.ts';
import { type BenchFigures, renderText, rowsOf } from './table.ts';

const BENCHES: readonly Bench[] = [apiCalls, reactions, retreats, verdicts, failOver, fleet, large];

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown !== undefined) {
  const known = BENCHES.map(({ name, what }) => `  ${name.padEnd(12)} ${what}`).join('\n');
  process.stderr.write(`no benchmark is named "${unknown}"; there are\n${known}\n`);
  process.exit(2);
}
const size: Size = args.includes('--small') ? 'small' : 'full';
const chosen = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));

const progress = createProgress(process.stderr);
const failures: string[] = [];
const results: BenchFigures[] = [];
const lab = await progress.step('start a cluster with fake nodes', () => openLab(progress));
try {
  for (const bench of chosen) await runOne(bench);
} finally {
  await lab.stop();
}
const rows = rowsOf(results);
process.stdout.write(`${renderText(rows)}\n`);
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
const over = results.flatMap(({ figures }) => figures).filter(isFailure);
if (over.length > 0) process.stdout.write(`${over.length} counts are over their budgets\n`);
if (args.includes('--write') && failures.length === 0) writePage(rows, size);
process.exitCode = failures.length + over.length > 0 ? 1 : 0;

async function runOne(bench: Bench): Promise<void> {
  const pressure = startPressure();
  try {
    const figures = await progress.step(`${bench.name}: ${bench.what}`, () => bench.run(lab, size));
    results.push({ bench: bench.name, figures });
    progress.note(`${bench.name}: something waited for a processor in ${pressure().toFixed(0)} % of the time`);
  } catch (error) {
    failures.push(`${bench.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
