// Reads the Lua scripts of a kind with their test data, in the layout of Argo CD's own repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CUSTOMIZATIONS } from './test-data.ts';

export interface HealthCase {
  readonly inputPath: string;
  readonly healthStatus: { readonly status: string; readonly message: string };
}

export interface DiscoveryCase {
  readonly inputPath: string;
  readonly result: readonly ShownAction[];
}

export interface ShownAction {
  readonly name: string;
  readonly displayName?: string;
  readonly iconClass?: string;
}

export interface ActionCase {
  readonly action: string;
  readonly inputPath: string;
  readonly expectedOutputPath?: string;
  readonly expectedErrorMessage?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface Customization {
  readonly kind: string;
  readonly health: string;
  readonly healthCases: readonly HealthCase[];
  /** Undefined for a kind without actions. */
  readonly discovery: string | undefined;
  readonly discoveryCases: readonly DiscoveryCase[];
  /** Name to script. */
  readonly actions: ReadonlyMap<string, string>;
  readonly actionCases: readonly ActionCase[];
  /** A YAML file beside the health script. */
  data(path: string): unknown;
  /** A YAML file beside the actions. */
  actionData(path: string): unknown;
}

/** Every kind that has scripts. */
export function customizations(): readonly Customization[] {
  const group = join(CUSTOMIZATIONS, 'slipway.dev');
  return readdirSync(group).map((kind) => customizationOf(kind, join(group, kind)));
}

function customizationOf(kind: string, folder: string): Customization {
  const text = (path: string) => readFileSync(join(folder, path), 'utf8');
  const data = (path: string): unknown => parse(text(path));
  const hasActions = existsSync(join(folder, 'actions'));
  const names = hasActions
    ? readdirSync(join(folder, 'actions'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
        .map(({ name }) => name)
    : [];
  const cases = (hasActions ? data('actions/action_test.yaml') : {}) as {
    readonly discoveryTests?: readonly DiscoveryCase[];
    readonly actionTests?: readonly ActionCase[];
  };
  return {
    kind,
    health: text('health.lua'),
    healthCases: (data('health_test.yaml') as { readonly tests: readonly HealthCase[] }).tests,
    discovery: hasActions ? text('actions/discovery.lua') : undefined,
    discoveryCases: cases.discoveryTests ?? [],
    actions: new Map(names.map((name) => [name, text(`actions/${name}/action.lua`)])),
    actionCases: cases.actionTests ?? [],
    data,
    actionData: (path) => data(join('actions', path)),
  };
}
