// `npm run synth`: renders every environment into deploy/. With --check it writes nothing and fails
// when what is committed is not what would be rendered.
import { join } from 'node:path';
import { differences, readTexts, writeTexts, type Texts } from './deploy-folder.ts';
import { ENVIRONMENT_NAMES } from './environments/registry.ts';
import { argoCdFiles } from './gitops/argocd-files.ts';
import { placed } from './gitops/placed-environment.ts';
import { renderEnvironment, renderText, type RenderedFile } from './render.ts';

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
  for (const [folder, texts] of folders()) {
    writeTexts(join(DEPLOY, folder), texts);
    console.log(`deploy/${folder}: ${texts.size} files`);
  }
  return 0;
}

function check(): number {
  const lines = [...folders()].flatMap(([folder, texts]) =>
    differences(readTexts(join(DEPLOY, folder)), texts).map((line) => `deploy/${folder}/${line}`),
  );
  for (const line of lines) console.error(line);
  if (lines.length === 0) return 0;
  console.error('synth: deploy/ is not what charts-ts renders. Run npm run synth and commit the result');
  return 1;
}

/* Every folder below deploy/: one for each environment, and what Argo CD is told of them. */
function folders(): ReadonlyMap<string, Texts> {
  const environments = ENVIRONMENT_NAMES.map((name) => ({ name, files: renderEnvironment(name) }));
  const told = argoCdFiles(
    environments.map(({ files, name }) => placed(name, files.flatMap(({ objects }) => objects))),
  );
  return new Map([
    ...environments.map(({ files, name }) => [name, textsOf(files)] as const),
    ['argocd', textsOf(told)],
  ]);
}

function textsOf(files: readonly RenderedFile[]): Texts {
  return new Map(files.map((file) => [file.file, renderText(file)]));
}

process.exitCode = main(process.argv.slice(2));
