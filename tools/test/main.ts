// `make test`: runs the chosen tiers and ends with a line `N passed, N failed` that is true.
import { runTier, type TierResult } from './run-tier.ts';
import { chooseTiers } from './tiers.ts';

const { tiers, without } = chooseTiers(process.argv.slice(2));
const results: TierResult[] = [];
for (const tier of tiers) {
  console.log(`\n=== ${tier.name}: ${tier.what}`);
  results.push(await runTier(tier));
}

console.log('\n=== summary');
for (const { name, passed, failed, notRun, seconds } of results) {
  const skipped = notRun > 0 ? ` (${notRun} of them did not run)` : '';
  console.log(`${failed > 0 ? '✗' : '✓'} ${name.padEnd(12)} ${passed} passed, ${failed} failed${skipped}  ${seconds.toFixed(0)} s`);
}
if (without.length > 0) console.log(`left out by name: ${without.join(', ')}`);
for (const failure of results.flatMap((result) => result.failures)) console.log(`✗ ${failure}`);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
