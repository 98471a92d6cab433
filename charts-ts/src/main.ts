// `npm run synth`: renders every environment into deploy/. With --check it writes nothing and fails
// when what is committed is not what would be rendered. Ends with 1 when something is wrong.
import { join } from 'node:path';
import { SynthError } from './checks/finding.ts';
import { renderDeploy } from './deploy-content.ts';
import { differences, readTexts, writeTexts, type Texts } from './deploy-folder.ts';
import { renderText, type RenderedFile } from './render.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

function main(args: readonly string[]): number {
  const unknown = args.filter((arg) => arg !== '--check');
  if (unknown.length > 0) {
    console.error(`synth: unknown argument ${unknown.join(' ')}. Only --check is known`);
    return 2;
  }
  try {
    return args.includes('--check') ? check() : write();
  } catch (error) {
    if (!(error instanceof SynthError)) throw error;
    console.error(`synth: ${error.message}`);
    return 1;
  }
}

function write(): number {
  for (const [folder, files] of renderDeploy()) {
    writeTexts(join(DEPLOY, folder), textsOf(files));
    console.log(`deploy/${folder}: ${files.length} files`);
  }
  return 0;
}

function check(): number {
  const lines = [...renderDeploy()].flatMap(([folder, files]) =>
    differences(readTexts(join(DEPLOY, folder)), textsOf(files)).map((line) => `deploy/${folder}/${line}`),
  );
  for (const line of lines) console.error(line);
  if (lines.length === 0) return 0;
  console.error('synth: deploy/ is not what charts-ts renders. Run npm run synth and commit the result');
  return 1;
}

function textsOf(files: readonly RenderedFile[]): Texts {
  return new Map(files.map((file) => [file.file, renderText(file)]));
}

process.exitCode = main(process.argv.slice(2));
