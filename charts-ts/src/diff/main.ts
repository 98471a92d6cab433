// `npm run diff`: what the sources as they are now change in each environment, against what is committed.
// Findings of the checks end it with 1, as they end synth.
import { join } from 'node:path';
import { SynthError } from '../checks/finding.ts';
import { renderDeploy } from '../deploy-content.ts';
import type { Manifest } from '../manifest.ts';
import { readCommitted } from './committed.ts';
import { coloured, plain } from './diff-text.ts';
import { runDiff, type Folders } from './run-diff.ts';

const ROOT = join(import.meta.dirname, '../../..');

/* As what is committed is read: as plain data, without the split into files. */
function rendered(): Folders {
  return new Map(
    [...renderDeploy()].map(([name, files]) => {
      const objects = files.flatMap((file) => file.objects);
      return [name, JSON.parse(JSON.stringify(objects)) as Manifest[]];
    }),
  );
}

try {
  process.exitCode = runDiff(process.argv.slice(2), {
    committed: (ref) => readCommitted(ROOT, ref),
    rendered,
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
    paint: process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? coloured : plain,
  });
} catch (error) {
  if (!(error instanceof SynthError)) throw error;
  console.error(`diff: ${error.message}`);
  process.exitCode = 1;
}
