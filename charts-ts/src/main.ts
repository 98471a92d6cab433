// `npm run synth`: renders every environment into deploy/. With --check it writes nothing and fails
// when what is committed is not what would be rendered.
import { join } from 'node:path';
import { differences, readTexts, writeTexts, type Texts } from './deploy-folder.ts';
import { ENVIRONMENT_NAMES, type EnvironmentName } from './environments/registry.ts';
import { renderEnvironment, renderText } from './render.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

function main(args: readonly string[]): number {
  const unknown = args.filter((arg) => arg !== '--check');
  if (unknown.length > 0) {
    console.error(`synth: unknown argument ${unknown.join(' ')}. Only --check is known`);
    return 2;
  }
  return args.includes('--check') ? check() : write();
}

function write(): number {
  for (const name of ENVIRONMENT_NAMES) {
    const texts = rendered(name);
    writeTexts(join(DEPLOY, name), texts);
    console.log(`deploy/${name}: ${texts.size} files`);
  }
  return 0;
}

function check(): number {
  const lines = ENVIRONMENT_NAMES.flatMap((name) =>
    differences(readTexts(join(DEPLOY, name)), rendered(name)).map((line) => `deploy/${name}/${line}`),
  );
  for (const line of lines) console.error(line);
  if (lines.length === 0) return 0;
  console.error('synth: deploy/ is not what charts-ts renders. Run npm run synth and commit the result');
  return 1;
}

function rendered(name: EnvironmentName): Texts {
  return new Map(renderEnvironment(name).map((file) => [file.file, renderText(file)]));
}

process.exitCode = main(process.argv.slice(2));
