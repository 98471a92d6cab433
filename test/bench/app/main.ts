// npm run bench:app [-- --small] [-- --write]: measures the ledger and prints one table. Ends with 1
// when something failed or the money did not add up; a missed budget is told, machines differ.
import { judge } from './figure.ts';
import { renderText, writePage } from './page.ts';
import { runAppBench } from './run.ts';
import type { Size } from './run.ts';

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== '--small' && arg !== '--write');
if (unknown !== undefined) {
  process.stderr.write(`"${unknown}" is no option; there are --small and --write\n`);
  process.exit(2);
}
const size: Size = args.includes('--small') ? 'small' : 'full';
const figures = await runAppBench(size);
process.stdout.write(`${renderText(figures)}\n`);
const missed = figures.filter((figure) => judge(figure) === 'missed');
process.stdout.write(`${missed.length} of the budgets were missed\n`);
if (args.includes('--write')) writePage(figures, size);
