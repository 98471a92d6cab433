// Bundles a program with everything it imports into one file, so that an image needs no package
// manager and no network.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { build, type Plugin } from 'esbuild';

import { REPOSITORY } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';
import { BUNDLES } from './catalog.ts';
import type { BundleName } from './catalog.ts';

/** Dependencies in CommonJS ask for `require`, which an ES module does not have. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Writes `dist/<name>.mjs` for each program. */
export const bundlePrograms = async (names: readonly BundleName[]): Promise<void> => {
  if (names.includes('app')) await ensureGenerated();
  await Promise.all(names.map((name) => bundle(join(REPOSITORY, BUNDLES[name]), bundlePath(name))));
};

export const bundlePath = (name: BundleName): string => join(REPOSITORY, 'dist', `${name}.mjs`);

/** Bundles one program. */
export const bundle = async (entry: string, outfile: string): Promise<void> => {
  await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: REPOSITORY,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Names and lines stay readable in stack traces; without comments it is half the text to hold.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120,
    plugins: [kubeconfigApart],
    banner: { js: BANNER },
    // Bundles must not depend on where the repository lies.
    legalComments: 'none',
    logLevel: 'error',
  });
};

/** `import('@kubernetes/client-node/...')` finds the bundle of that name beside the program. */
const kubeconfigApart: Plugin = {
  name: 'kubeconfig-apart',
  setup(building) {
    building.onResolve({ filter: /^@kubernetes\/client-node\// }, () => ({ path: './kubeconfig.mjs', external: true }));
  },
};

/** The database client is generated from the schema and not committed. */
const ensureGenerated = async (): Promise<void> => {
  if (existsSync(join(REPOSITORY, 'app/src/generated'))) return;
  await run('npm', ['run', '--silent', 'generate'], { cwd: REPOSITORY });
};
