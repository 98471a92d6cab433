import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { differences, readTexts } from '../deploy-folder.ts';
import { renderEnvironment, renderText } from '../render.ts';
import { needed, reference, rendered, type Reference } from '../testing/references.ts';
import { RULE_BOOK, type RuleName } from '../testing/rule-book.ts';
import { referencesExist } from '../testing/rules.ts';
import { BANK } from './bank-names.ts';
import { DEMO } from './demo.ts';
import { ENVIRONMENT_NAMES, ENVIRONMENTS, type EnvironmentName } from './registry.ts';

const DEPLOY = join(import.meta.dirname, '../../../deploy');
const RULE_NAMES = Object.keys(RULE_BOOK) as RuleName[];

/* Made by whoever runs it: charts-ts/README.md says how. */
const EXTERNAL: readonly Reference[] = [reference('Secret', DEMO.namespace, DEMO.databaseSecret)];
const EXTERNAL_IN: Readonly<Record<EnvironmentName, readonly Reference[]>> = {
  demo: EXTERNAL,
  dev: [],
  staging: [...EXTERNAL, reference('Secret', BANK.namespace, BANK.tokensSecret)],
  'prod-eu': [],
  'prod-us': [],
};

it('lists every environment', () => {
  expect([...ENVIRONMENT_NAMES].toSorted()).toEqual(Object.keys(ENVIRONMENTS).toSorted());
});

describe.each(ENVIRONMENT_NAMES)('environment %s', (name) => {
  const files = renderEnvironment(name);
  const objects = files.flatMap((file) => file.objects);

  it.each(RULE_NAMES)('keeps the rule %s', (rule) => {
    expect(RULE_BOOK[rule](objects)).toEqual([]);
  });

  it('names nothing that is nowhere', () => {
    expect(referencesExist(EXTERNAL_IN[name])(objects)).toEqual([]);
  });

  it('is rendered the same again', () => {
    expect(renderEnvironment(name).map(renderText)).toEqual(files.map(renderText));
  });

  it('is what is committed', () => {
    const wanted = new Map(files.map((file) => [file.file, renderText(file)]));
    expect(differences(readTexts(join(DEPLOY, name)), wanted)).toEqual([]);
  });

  it('puts files in the order in which they are applied', () => {
    const names = files.map(({ file }) => file);
    expect(names).toEqual(names.toSorted());
    const there = new Set(EXTERNAL_IN[name]);
    for (const file of files) {
      for (const one of rendered(file.objects)) there.add(one);
      expect(needed(file.objects).filter((one) => !there.has(one))).toEqual([]);
    }
  });
});

describe('the demo', () => {
  const files = renderEnvironment('demo');

  it('has a file for each part', () => {
    expect(files.map(({ file }) => file)).toEqual([
      '00-crds.yaml',
      '05-policies.yaml',
      '10-operator.yaml',
      '15-namespace.yaml',
      '20-postgres.yaml',
      '30-migration.yaml',
      '40-app.yaml',
      '50-release.yaml',
      '60-backup.yaml',
    ]);
  });

  it('keeps CRDs under what client-side apply can carry', () => {
    for (const crd of files[0]?.objects ?? []) {
      expect(JSON.stringify(crd).length).toBeLessThan(200 * 1024);
    }
    expect(files[0]?.objects).toHaveLength(2);
  });

  it('leaves a selector out only where a release with a gateway points the Service', () => {
    const objects = files.flatMap((file) => file.objects);
    const pointed = objects
      .filter(({ kind }) => kind === 'AppRelease')
      .map(({ spec }) => (spec as AppReleaseSpecInput).traffic)
      .flatMap((traffic) => (traffic?.gateway ? [traffic.service] : []));
    const open = objects
      .filter(({ kind, spec }) => kind === 'Service' && !Object.hasOwn(spec as object, 'selector'))
      .map(({ metadata }) => metadata.name);
    expect(open).toEqual(['ledger']);
    expect(pointed).toEqual(open);
  });

  it('exempts the operator it installs from the policy about authors', () => {
    const operator = files.flatMap(({ objects }) => objects).find(
      ({ kind, metadata }) => kind === 'ServiceAccount' && metadata.namespace === 'slipway-system',
    );
    const user = `system:serviceaccount:slipway-system:${operator?.metadata.name}`;
    const policies = files.find(({ file }) => file === '05-policies.yaml');
    expect(JSON.stringify(policies)).toContain(user);
  });
});
