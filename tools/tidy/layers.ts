// The layers of the repository: which part may import which, and which packages. Imports point one
// way; the table below is the only place that says so.
import { importsOf, type Import } from './imports.ts';
import { isTest, isTypeScript, type Finding, type SourceFile } from './source-file.ts';

interface Layer {
  /** A folder, or a single file. */
  readonly root: string;
  /** Layers whose files may be imported, besides its own. */
  readonly layers: readonly string[];
  /** Layers of which only types may be imported. */
  readonly typesOf?: readonly string[];
  /** Packages; `node:` stands for all of node's own modules, `*` for any. */
  readonly packages: readonly string[];
}

const OPERATOR = 'operator/src';
const at = (folder: string): string => `${OPERATOR}/${folder}`;
const CORE = ['lib', 'api', 'analysis', 'rollout', 'traffic', 'metrics', 'notifications'].map(at);

/* The first layer whose root matches counts. `test/` is not listed: tests may import anything. */
const LAYERS: readonly Layer[] = [
  { root: at('lib'), layers: [], packages: [] },
  { root: at('api'), layers: [at('lib')], packages: ['zod'] },
  { root: at('analysis'), layers: [at('lib'), at('api')], packages: ['zod'] },
  { root: at('rollout'), layers: [at('lib'), at('api'), at('analysis')], packages: [] },
  { root: at('traffic'), layers: [at('lib'), at('api')], packages: [] },
  { root: at('metrics'), layers: [at('lib'), at('api')], typesOf: [at('analysis')], packages: [] },
  { root: at('notifications'), layers: [at('lib'), at('api')], typesOf: [at('rollout')], packages: [] },
  {
    root: at('kube'),
    layers: [at('lib')],
    packages: ['node:', '@kubernetes/client-node', 'prom-client'],
  },
  {
    root: at('cli'),
    layers: [at('lib'), at('api'), at('analysis'), at('rollout'), at('kube')],
    packages: ['node:', 'yaml'],
  },
  { root: at('controller'), layers: [...CORE, at('kube')], packages: ['node:', 'prom-client'] },
  {
    root: at('reconcile.ts'),
    layers: [...CORE, at('kube'), at('controller')],
    packages: [],
  },
  {
    root: at('operator.ts'),
    layers: [...CORE, at('kube'), at('controller'), at('reconcile.ts')],
    packages: ['prom-client'],
  },
  {
    root: at('main.ts'),
    layers: [...CORE, at('kube'), at('controller'), at('reconcile.ts'), at('operator.ts')],
    packages: ['node:', 'pino', 'prom-client'],
  },
  { root: 'charts-ts', layers: [at('api'), at('lib')], packages: ['*'] },
  { root: 'app', layers: ['prisma'], packages: ['*'] },
  { root: 'prisma', layers: ['app'], packages: ['*'] },
  { root: 'backup', layers: ['app', 'prisma'], packages: ['*'] },
  { root: 'tools', layers: [...CORE, at('kube'), at('cli'), 'charts-ts', 'test/cluster', 'test/load'], packages: ['*'] },
];

/** Reports each import that points the wrong way. */
export function importDirection(file: SourceFile): Finding[] {
  if (!isTypeScript(file.path) || isTest(file.path)) return [];
  const layer = LAYERS.find(({ root }) => isIn(file.path, root));
  if (layer === undefined) return [];
  return importsOf(file).flatMap((one) => {
    const message = one.kind === 'file' ? wrongFile(layer, one) : wrongPackage(layer, one);
    return message === undefined ? [] : [{ path: file.path, line: one.line, message }];
  });
}

function wrongFile(layer: Layer, one: Import): string | undefined {
  if (isTest(one.target) && !isAny(one.target, layer.layers)) {
    return `imports ${one.target}, which is for tests only`;
  }
  if (isAny(one.target, [layer.root, ...layer.layers])) return undefined;
  if (isAny(one.target, layer.typesOf ?? [])) {
    return one.typesOnly ? undefined : `imports ${one.target}: only its types may be imported here`;
  }
  return `imports ${one.target}: ${layer.root} may import ${listed(layer.layers)}`;
}

function wrongPackage(layer: Layer, one: Import): string | undefined {
  const fits = layer.packages.some(
    (name) =>
      name === '*' ||
      one.target === name ||
      one.target.startsWith(name.endsWith(':') ? name : `${name}/`),
  );
  return fits ? undefined : `imports ${one.target}: ${layer.root} may use ${listed(layer.packages)}`;
}

function isAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => isIn(path, root));
}

function isIn(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing else' : names.join(', ');
}
