// The tiers of `make test`, cheapest first: a mistake is shown by the first tier that can show it.

/** A check is one command that passes or fails; a jest tier counts its tests. */
export type Tier =
  | {
      readonly kind: 'check';
      readonly name: string;
      readonly what: string;
      readonly args: readonly string[];
    }
  | {
      readonly kind: 'jest';
      readonly name: string;
      readonly what: string;
      readonly config: string;
    };

const check = (name: string, what: string, ...args: string[]): Tier => ({
  kind: 'check',
  name,
  what,
  args,
});
const jest = (name: string, what: string, config: string): Tier => ({
  kind: 'jest',
  name,
  what,
  config,
});

export const TIERS: readonly Tier[] = [
  check('typecheck', 'types', 'run', '--silent', 'typecheck'),
  check('lint', 'lint', 'run', '--silent', 'lint'),
  check('tidy', 'import directions, purity, shape', 'run', '--silent', 'tidy'),
  check('gen', 'generated reference is current', 'run', '--silent', 'gen', '--', '--check'),
  check('synth', 'rendered manifests are current', 'run', '--silent', 'synth', '--', '--check'),
  jest('unit', 'pure functions, properties, a small simulation', 'jest.config.mjs'),
  jest(
    'app',
    'the ledger, its migrations and backups on a real PostgreSQL',
    'test/app/jest.config.mjs',
  ),
  jest('gitops', "what Argo CD is given, in Argo CD's own interpreter", 'test/gitops/jest.config.mjs'),
  jest('gateway', 'routes as rendered, through a real Envoy', 'test/gateway/jest.config.mjs'),
  jest('sources', 'queries and alerts on a real Prometheus', 'test/sources/jest.config.mjs'),
  jest(
    'integration',
    'the operator on a real API server with fake nodes',
    'test/integration/jest.config.mjs',
  ),
  jest('harness', 'the cluster harness on itself', 'test/cluster/jest.config.mjs'),
  jest('e2e', 'releases on a real node under load', 'test/e2e/jest.config.mjs'),
];

export interface Choice {
  readonly tiers: readonly Tier[];
  readonly without: readonly string[];
}

/** The tiers that the arguments choose. Throws with the known names when one is unknown. */
export function chooseTiers(args: readonly string[], known: readonly Tier[] = TIERS): Choice {
  const without: string[] = [];
  const named: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--without') without.push(args[(at += 1)] ?? '');
    else named.push(arg);
  }
  const names = known.map((tier) => tier.name);
  const unknown = [...named, ...without].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`no tier is named "${unknown}"; there are ${names.join(', ')}`);
  const tiers = known.filter(
    (tier) => (named.length === 0 || named.includes(tier.name)) && !without.includes(tier.name),
  );
  return { tiers, without };
}
