import { describe, expect, it } from '@jest/globals';
import type { Construct } from 'constructs';
import type { Manifest } from '../manifest.ts';
import { OPERATOR_HOME_PERMISSIONS, OPERATOR_PERMISSIONS } from '../operator-permissions.ts';
import { podTemplates } from '../pod-templates.ts';
import { RULE_BOOK } from '../testing/rule-book.ts';
import { referencesExist } from '../testing/rules.ts';
import { kindsOf, only, synth } from '../testing/synth.ts';
import { OperatorInstall, operatorUser, type OperatorInstallProps } from './operator-install.ts';

function render(props: Partial<OperatorInstallProps> = {}): readonly Manifest[] {
  const add = (scope: Construct) => new OperatorInstall(scope, 'Operator', { image: 'operator:1', ...props });
  return synth(add, {});
}

function argsOf(objects: readonly Manifest[]): readonly string[] {
  return podTemplates(objects)[0]?.spec.containers[0]?.args ?? [];
}

describe('the installed operator', () => {
  const VARIANTS: Record<string, Partial<OperatorInstallProps>> = {
    'by default': {},
    'with a standby': { replicas: 2 },
    'for some namespaces': { namespaces: ['bank', 'shop'] },
    'with Secrets to read': { secretsOf: ['bank'] },
    'beside another': { instance: 'second', namespace: 'second-system' },
  };

  it.each(Object.entries(VARIANTS))('keeps every rule %s', (_, props) => {
    const objects = render(props);
    const named = [...(props.namespaces ?? []), ...(props.secretsOf ?? [])];
    const namespaces = named.map((name) => `Namespace /${name}` as const);
    expect(Object.values(RULE_BOOK).flatMap((rule) => rule(objects))).toEqual([]);
    expect(referencesExist(namespaces)(objects)).toEqual([]);
  });

  it('looks after all namespaces by default', () => {
    const objects = render();
    expect(only(objects, 'ClusterRole')['rules']).toEqual(OPERATOR_PERMISSIONS);
    expect(only(objects, 'Role')['rules']).toEqual(OPERATOR_HOME_PERMISSIONS);
    expect(argsOf(objects)).toEqual(['--instance=slipway']);
  });

  it('has no right outside the namespaces it was told', () => {
    const objects = render({ namespaces: ['bank', 'shop'] });
    expect(kindsOf(objects).filter((kind) => kind.startsWith('ClusterRole'))).toEqual([]);
    const wide = objects.filter(({ kind, rules }) => kind === 'Role' && rules !== undefined);
    const places = wide.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(places.toSorted()).toEqual([
      'bank/slipway-operator',
      'shop/slipway-operator',
      'slipway-system/slipway-operator-leases',
    ]);
    expect(argsOf(objects)).toContain('--namespaces=bank,shop');
  });

  it('reads Secrets in the namespaces it was told, by name, and nowhere else', () => {
    const readers = (props: Partial<OperatorInstallProps>) =>
      render(props)
        .filter(({ rules }) => JSON.stringify(rules ?? '').includes('secrets'))
        .map(({ kind, metadata, rules }) => ({ place: `${kind} ${metadata.namespace}`, rules }));
    expect(readers({})).toEqual([]);
    expect(readers({ secretsOf: ['bank'] })).toEqual([
      { place: 'Role bank', rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
    ]);
  });

  it('shares no name with another instance', () => {
    const key = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace}/${metadata.name}`;
    const first = new Set(render().map(key));
    const second = render({ instance: 'second', namespace: 'second-system' });
    expect(second.filter((object) => first.has(key(object)))).toEqual([]);
  });

  it('is known to the API server as its account', () => {
    const account = only(render({ instance: 'second', namespace: 'home' }), 'ServiceAccount');
    expect(operatorUser({ instance: 'second', namespace: 'home' })).toBe(
      `system:serviceaccount:home:${account.metadata.name}`,
    );
  });

  it('has a budget only when another one can take over', () => {
    expect(kindsOf(render())).not.toContain('PodDisruptionBudget');
    expect(kindsOf(render({ replicas: 2 }))).toContain('PodDisruptionBudget');
  });
});

describe('the permissions', () => {
  const all = [...OPERATOR_PERMISSIONS, ...OPERATOR_HOME_PERMISSIONS];

  it('have no wildcard', () => {
    expect(JSON.stringify(all)).not.toContain('*');
  });

  it('read no Secret and widen no right', () => {
    const resources = all.flatMap((permission) => permission.resources);
    const verbs = all.flatMap((permission) => permission.verbs);
    expect(resources.filter((one) => /secrets|pods\/|roles|tokenreviews|nodes/.test(one))).toEqual([]);
    expect(verbs.filter((one) => ['escalate', 'bind', 'impersonate', 'deletecollection'].includes(one))).toEqual([]);
  });

  it('make and delete no Deployment and no pod', () => {
    const verbs = (resource: string) =>
      all.filter(({ resources }) => resources.includes(resource)).flatMap((one) => one.verbs);
    expect(verbs('deployments')).toEqual(['list', 'watch', 'patch']);
    expect(verbs('pods')).toEqual(['list', 'watch']);
  });

  it('delete nothing that users come by, and replace nothing whole', () => {
    const may = (verb: string) =>
      all.filter(({ verbs }) => verbs.includes(verb)).flatMap(({ resources }) => resources);
    expect(may('delete')).toEqual(['releaseactions', 'replicasets', 'configmaps', 'jobs']);
    expect(may('update')).toEqual(['appreleases/finalizers']);
  });
});
