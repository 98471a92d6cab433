// `npm run help`: each script of package.json with a line that says what it is for.
import { readFileSync } from 'node:fs';

/* A line for each script; a test reports scripts that have none. */
const WHAT: Readonly<Record<string, string>> = {
  help: 'this list',
  check: 'everything that needs no cluster: types, lint, tidy, generated files, unit tests',
  typecheck: 'types of everything, and the pure folders once more without Node',
  lint: 'oxlint',
  tidy: 'import directions, purity, shape of files, READMEs',
  gen: 'docs/reference from the schema, the reasons and --help (-- --check: only compare)',
  dev: 'PostgreSQL, Redis and the app on loopback, with reload (-- --fresh: forget their data)',
  'dev:up': 'the same in the background, until /readyz is 200',
  'dev:down': 'ends what dev:up started',
  generate: 'the database client from prisma/schema.prisma',
  synth: 'deploy/ from charts-ts (-- --check: only compare)',
  diff: 'what the sources change in each environment (-- --against main --exit-code)',
  preflight: 'whether the nodes of a cluster offer the zones of an environment (-- prod-eu)',
  verify: 'generate everything and see that the tree is clean',
  build: 'bundles of the programs in dist/',
  images: 'container images, without a Docker engine',
  demo: 'a cluster, the app, a good release and bad ones that are taken back',
  'demo:down': 'takes the demo down and lists what is left',
  bench: 'measures the budgets of the design (-- --compare: against the last run)',
  'bench:app': 'the ledger: transfers, middleware, response times (-- --small, --write)',
  'bench:analysis': 'the study of the verdicts, written to docs/reference (-- --small: seconds)',
  'bench:faults': 'each fault several times on a real node, medians beside the prediction (-- --runs N)',
  replay: 'one journal line through the decision again',
  deflake: 'the tests again and again until one fails',
  test: 'all tests that this machine can run',
  'test:unit': 'unit and property tests',
  'test:app': 'the app, its migrations and the backups against a real PostgreSQL',
  'test:simulation': 'releases against a simulated API server, from a seed',
  simulate: 'releases in a simulated cluster (-- --seed N --runs M)',
  'test:integration': 'against a real API server with kwok nodes',
  'test:cluster': 'the cluster harness on itself',
  'test:traefik': 'both data planes on one route (builds Traefik, about ten minutes)',
  'test:lua': "Argo CD's health checks and actions in the interpreter that it uses",
  'test:gitops': 'Argo CD itself, from a commit to a rollback (builds Argo CD, a quarter of an hour)',
  'test:sources': 'queries of the operator against a real Prometheus',
  'test:gateway': 'routes as rendered, served by a real Envoy without a cluster',
  'test:e2e': 'against real nodes with real pods',
  'test:faults': 'against an API server that fails (-- --seed N)',
};

/** The lines to print, one for each script, in the order of the table. */
export function helpLines(scripts: readonly string[]): string[] {
  const known = Object.keys(WHAT).filter((name) => scripts.includes(name));
  const unknown = scriptsWithoutHelp(scripts);
  const width = Math.max(0, ...scripts.map((name) => name.length));
  return [...known, ...unknown].map((name) => `npm run ${name.padEnd(width)}  ${WHAT[name] ?? ''}`.trimEnd());
}

/** Scripts that nobody explained; hooks that npm runs by itself need no line. */
export function scriptsWithoutHelp(scripts: readonly string[]): string[] {
  return scripts.filter((name) => WHAT[name] === undefined && !/^(?:pre|post)/.test(name));
}

/** The names of the scripts in a package.json. */
export function scriptNames(packageJson: string): string[] {
  const parsed: unknown = JSON.parse(packageJson);
  const scripts = typeof parsed === 'object' && parsed !== null && 'scripts' in parsed ? parsed.scripts : {};
  return Object.keys(scripts ?? {});
}

if (import.meta.main) {
  const file = new URL('../package.json', import.meta.url);
  console.log(helpLines(scriptNames(readFileSync(file, 'utf8'))).join('\n'));
}
