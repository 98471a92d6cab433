// `npm run simulate -- --seed N --runs M`: many runs, each from a seed of its own; the first that
// fails is told with everything that happened in it.
import { parseArgs } from 'node:util';
import { REAL_CORE } from './core.ts';
import { simulate } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    runs: { type: 'string', default: '2000' },
    trace: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const runs = Number(values.runs);
const endings = new Map<string, number>();
const began = performance.now();
let writes = 0;

for (let index = 0; index < runs; index += 1) {
  const seed = first + index;
  const result = simulate(seed, { core: REAL_CORE, ...(values.trace ? { trace: console.log } : {}) });
  if (result.kind === 'failed') {
    if (!values.trace) simulate(seed, { core: REAL_CORE, trace: console.log });
    console.log(`\nseed ${seed} failed: ${result.why}\nAgain: npm run simulate -- --seed ${seed} --runs 1 --trace`);
    process.exit(1);
  }
  endings.set(result.ending, (endings.get(result.ending) ?? 0) + 1);
  writes += result.writes;
  if ((index + 1) % 1000 === 0) console.log(`${index + 1} of ${runs} runs, seeds from ${first}, ${writes} writes`);
}

const seconds = (performance.now() - began) / 1000;
console.log(`${runs} runs from seed ${first} passed: ${writes} writes in ${seconds.toFixed(1)} s`);
for (const [ending, count] of [...endings].toSorted((a, b) => b[1] - a[1])) console.log(`  ${count} ${ending}`);
