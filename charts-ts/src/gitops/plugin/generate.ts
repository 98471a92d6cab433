// What the plugin runs: prints the objects of one environment, rendered by the charts-ts of the
// checkout it is started in. Packages come with the image, never from a registry or the checkout.
import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Renderer {
  renderEnvironment(name: string): readonly { readonly objects: readonly object[] }[];
  renderText(file: { readonly objects: readonly object[] }): string;
}

/* Argo CD hands over the parameter `environment` of the Application under this name. */
const PARAMETER = 'PARAM_ENVIRONMENT';

async function main(): Promise<void> {
  const checkout = process.cwd();
  usePackagesOfImage(checkout);
  const load = (path: string): Promise<object> =>
    import(pathToFileURL(join(checkout, 'charts-ts/src', path)).href);
  const known = namesIn(await load('environments/registry.ts'));
  const name = process.env[PARAMETER] ?? '';
  if (!known.includes(name)) {
    throw new Error(
      `parameter environment is "${name}"; known are ${known.join(', ')}. ` +
        'Set spec.source.plugin.parameters of the Application',
    );
  }
  const { renderEnvironment, renderText } = (await load('render.ts')) as Renderer;
  const files = renderEnvironment(name).filter(({ objects }) => objects.length > 0);
  const texts = files.map((file) => renderText(file));
  process.stdout.write(texts.join('---\n'));
}

function namesIn(registry: object): readonly string[] {
  return 'ENVIRONMENT_NAMES' in registry ? (registry.ENVIRONMENT_NAMES as readonly string[]) : [];
}

/* A link that the repository brings is replaced: it could point anywhere. */
function usePackagesOfImage(checkout: string): void {
  const packages = resolve(import.meta.dirname, 'node_modules');
  const link = join(checkout, 'node_modules');
  if (existsSync(link) && !lstatSync(link).isSymbolicLink()) {
    throw new Error('the repository holds a folder node_modules: take it out of git');
  }
  rmSync(link, { force: true });
  symlinkSync(packages, link);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
