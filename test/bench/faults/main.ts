// npm run bench:faults [-- --runs N] [-- --only case] [-- --write]: each fault of the end-to-end tests
// several times on the real node. Ends with 1 if a release ended otherwise than it should.
import { parseArgs } from 'node:util';
import { createProgress } from '../../cluster/src/progress.ts';
import { FAULT_CASES, type FaultPlayed, playFault } from '../../e2e/support/fault-cases.ts';
import { closeCluster, openCluster } from '../../e2e/support/open-cluster.ts';
import { installStack, openStack } from '../../e2e/support/stack.ts';
import { caseOf, keepRuns, renderPage } from './kept-runs.ts';
import type { FaultName } from './predict.ts';
import { rowsOf } from './table.ts';

const CLUSTER = { name: 'bench-faults', isEphemeral: true };

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const names = Object.keys(FAULT_CASES) as FaultName[];
const chosen = names.filter((name) => values.only === undefined || name === values.only);
if (chosen.length === 0 || !Number.isInteger(runs) || runs < 1) {
  process.stderr.write(`--runs is a number from 1, --only one of ${names.join(', ')}\n`);
  process.exit(2);
}

const progress = createProgress(process.stderr);
const access = await openCluster(progress, CLUSTER);
const wrong: FaultPlayed[] = [];
try {
  const installing = openStack(access);
  await installStack(installing, progress);
  installing.transport.close();
  for (const name of chosen) {
    const played = await repeat(name);
    wrong.push(...played.filter((run) => run.outcome !== run.want));
    // At once: a study of an hour that is cut off keeps what it has.
    if (values.write) keepRuns(name, played);
    process.stdout.write(`${rowsOf([caseOf(name, played)]).map((row) => row.join('  ')).join('\n')}\n`);
  }
} finally {
  await closeCluster(CLUSTER.name);
}
if (values.write) renderPage();
process.stdout.write(
  `${wrong.length} of ${chosen.length * runs} releases ended otherwise than they should\n`,
);
process.exit(wrong.length === 0 ? 0 : 1);

async function repeat(name: FaultName): Promise<readonly FaultPlayed[]> {
  const fault = FAULT_CASES[name];
  const played: FaultPlayed[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const step = `${fault.name}, ${run} of ${runs}`;
    const one = await progress.step(step, () => playFault(openStack(access), fault));
    progress.note(`${one.outcome}: ${one.message}`);
    played.push(one);
  }
  return played;
}
