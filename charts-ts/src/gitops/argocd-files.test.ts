import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ENVIRONMENT_NAMES } from '../environments/registry.ts';
import { asManifest, type Manifest } from '../manifest.ts';
import { renderEnvironment } from '../render.ts';
import { actionsAccess } from './actions-access.ts';
import { applications, regions } from './applications.ts';
import { argoCdFiles } from './argocd-files.ts';
import { ignoredFields } from './ignored-fields.ts';
import { luaSettings } from './lua-settings.ts';
import { groupOf, recordOf } from './manifest-parts.ts';
import { placed } from './placed-environment.ts';
import { project } from './project.ts';

const ROOT = join(import.meta.dirname, '../../..');
const objectsOf = (name: (typeof ENVIRONMENT_NAMES)[number]) =>
  renderEnvironment(name).flatMap((file) => file.objects);
const environments = ENVIRONMENT_NAMES.map((name) => placed(name, objectsOf(name)));
const regional = ['prod-us', 'staging', 'prod-eu'].map((name) => placed(name, objectsOf('demo')));

function examples(file: string): Manifest[] {
  const text = readFileSync(join(ROOT, 'docs/examples', file), 'utf8');
  return parseAllDocuments(text).map((document) => asManifest(document.toJS() as object));
}

describe('the project', () => {
  const spec = recordOf(project(environments)['spec']);

  it('allows nothing by a wildcard', () => {
    expect(JSON.stringify(spec)).not.toContain('*');
  });

  it('allows every object that is rendered, the cluster-wide ones by name', () => {
    const wide = spec['clusterResourceWhitelist'] as { group: string; kind: string; name: string }[];
    const inNamespaces = spec['namespaceResourceWhitelist'] as { group: string; kind: string }[];
    const refused = environments
      .flatMap(({ objects }) => objects)
      .filter((object) => {
        const isKind = (one: { group: string; kind: string }) =>
          one.group === groupOf(object) && one.kind === object.kind;
        return object.metadata.namespace === undefined
          ? !wide.some((one) => isKind(one) && one.name === object.metadata.name)
          : !inNamespaces.some(isKind);
      });
    expect(refused).toEqual([]);
    expect(wide.length).toBeGreaterThan(0);
  });

  it('allows the clusters and namespaces that objects go to, and where the Applications are at home', () => {
    const destinations = spec['destinations'] as { namespace: string; server: string }[];
    const all = [...applications(environments)].map(({ spec: one }) => recordOf(one)['destination']);
    expect(destinations).toEqual(expect.arrayContaining(all));
  });
});

describe('Applications', () => {
  it('are one for each environment, by themselves or in a wave', () => {
    const inWaves = regions(environments).flatMap(({ spec }) => elementsOf(spec));
    expect(applications(environments).length + inWaves.length).toBe(ENVIRONMENT_NAMES.length);
  });

  it('are applied server-side and leave alone what they ignore', () => {
    for (const { metadata, spec } of applications(environments)) {
      expect(metadata.annotations).toEqual({ 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' });
      expect(recordOf(spec)['syncPolicy']).toMatchObject({
        automated: { prune: true, selfHeal: true },
        syncOptions: expect.arrayContaining(['ServerSideApply=true', 'RespectIgnoreDifferences=true']),
      });
    }
  });

  it('need a destination for their environment', () => {
    expect(() => placed('moon', [])).toThrow('environment moon has no destination');
  });
});

const elementsOf = (spec: unknown) =>
  recordOf((recordOf(spec)['generators'] as { list: unknown }[])[0]?.list)['elements'] as object[];

describe('regions', () => {
  const [set] = regions(regional);
  const spec = recordOf(set?.['spec']);

  it('follow one another: staging, prod-eu, prod-us', () => {
    const waves = elementsOf(spec).map((element) => {
      const { environment, wave } = recordOf(element);
      return [environment, wave];
    });
    expect(waves).toEqual([['staging', '1'], ['prod-eu', '2'], ['prod-us', '3']]);
    const steps = recordOf(recordOf(spec['strategy'])['rollingSync'])['steps'] as object[];
    expect(steps).toEqual(
      ['1', '2', '3'].map((wave) => ({
        matchExpressions: [{ key: 'slipway.dev/wave', operator: 'In', values: [wave] }],
      })),
    );
    expect(recordOf(recordOf(spec['template'])['metadata'])['labels']).toMatchObject({
      'slipway.dev/wave': '{{.wave}}',
    });
  });

  it('have no automated sync, which would not wait for the wave before', () => {
    expect(recordOf(recordOf(recordOf(spec['template'])['spec'])['syncPolicy'])['automated']).toBeUndefined();
  });

  it('are no object where no environment has a wave', () => {
    expect(regions([placed('demo', [])])).toEqual([]);
    expect(argoCdFiles([placed('demo', [])]).map(({ file }) => file)).not.toContain('40-regions.yaml');
  });
});

describe('fields that a sync leaves alone', () => {
  const at = (objects: readonly Manifest[], kind: string) =>
    ignoredFields(objects).filter((entry) => entry.kind === kind);

  it('are the weights of the rule that a release names, on that route only', () => {
    expect(at(examples('route-ref.yaml'), 'HTTPRoute')).toEqual([
      {
        group: 'gateway.networking.k8s.io',
        kind: 'HTTPRoute',
        name: 'public',
        namespace: 'shop',
        jqPathExpressions: ['.spec.rules[]? | select(.name == "api") | .backendRefs[]?.weight'],
      },
    ]);
  });

  const made = (kind: string, spec: object, name = 'shop'): Manifest => ({
    apiVersion: { AppRelease: 'slipway.dev/v1alpha1', Deployment: 'apps/v1' }[kind] ?? 'autoscaling/v2',
    kind,
    metadata: { name, namespace: 'bank' },
    spec,
  });
  const replicas = (group: string, kind: string) => ({
    group, kind, name: 'shop', namespace: 'bank', jsonPointers: ['/spec/replicas'],
  });

  it('are the replicas of a Deployment that a release runs, and of no other', () => {
    const release = made('AppRelease', { workloadRef: { name: 'shop' } });
    const deployments = [made('Deployment', { replicas: 0 }), made('Deployment', { replicas: 2 }, 'other')];
    expect(ignoredFields([release, ...deployments])).toEqual([replicas('apps', 'Deployment')]);
  });

  it('are the replicas of what an autoscaler moves, where git names them', () => {
    const scaleTargetRef = { apiVersion: 'slipway.dev/v1alpha1', kind: 'AppRelease', name: 'shop' };
    const scaler = made('HorizontalPodAutoscaler', { scaleTargetRef });
    expect(ignoredFields([made('AppRelease', { replicas: 2 }), scaler])).toEqual([
      replicas('slipway.dev', 'AppRelease'),
    ]);
    expect(ignoredFields([made('AppRelease', {}), scaler])).toEqual([]);
  });

  it('are named by git, all of them: of another Argo CD would become a co-owner', () => {
    const inGit = environments.flatMap(({ name, objects }) =>
      ignoredFields(objects).map((entry) => ({ name, entry, objects })),
    );
    expect(inGit.length).toBeGreaterThan(0);
    const unnamed = inGit.filter(({ entry, objects }) =>
      (entry.jsonPointers ?? []).some((pointer) => {
        const object = objects.find(
          ({ kind, metadata }) =>
            kind === entry.kind && metadata.name === entry.name && metadata.namespace === entry.namespace,
        );
        const value = pointer.split('/').slice(1).reduce<unknown>((at, key) => recordOf(at)[key], object);
        return value === undefined;
      }),
    );
    expect(unnamed).toEqual([]);
  });
});

describe('the ConfigMap of Argo CD', () => {
  const files = join(import.meta.dirname, 'resource_customizations/slipway.dev');
  const text = (path: string) => readFileSync(join(files, path), 'utf8');

  it('holds the scripts as the files have them', () => {
    const data = luaSettings()['data'] as Record<string, string>;
    expect(Object.keys(data).toSorted()).toEqual([
      'resource.customizations.actions.slipway.dev_AppRelease',
      'resource.customizations.health.slipway.dev_AppRelease',
      'resource.customizations.health.slipway.dev_ReleaseAction',
    ]);
    expect(data['resource.customizations.health.slipway.dev_AppRelease']).toBe(text('AppRelease/health.lua'));
    const actions = parse(data['resource.customizations.actions.slipway.dev_AppRelease'] ?? '') as {
      'discovery.lua': string;
      definitions: { name: string; 'action.lua': string }[];
    };
    expect(actions['discovery.lua']).toBe(text('AppRelease/actions/discovery.lua'));
    expect(actions.definitions.map(({ name }) => name)).toEqual([
      'promote', 'pause', 'resume', 'abort', 'retry',
    ]);
    for (const definition of actions.definitions) {
      expect(definition['action.lua']).toBe(text(`AppRelease/actions/${definition.name}/action.lua`));
    }
  });

  it('names the account of a server that is installed elsewhere, and grants to the same', () => {
    const settings = JSON.stringify(luaSettings({ namespace: 'gitops', server: 'argo' }));
    expect(settings).toContain('system:serviceaccount:gitops:argo');
    expect(settings).not.toContain('argocd-server\\"');
    const [, binding] = actionsAccess(environments);
    expect(binding?.['subjects']).toEqual([
      { kind: 'ServiceAccount', name: 'argocd-server', namespace: 'argocd' },
    ]);
    expect(JSON.stringify(luaSettings())).toContain('system:serviceaccount:argocd:argocd-server');
  });
});
