import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { App } from 'cdk8s';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { parseConfig, settingNames } from '../../../app/src/config.ts';
import { labelsOf } from '../constructs/labels.ts';
import { asManifest, type Manifest } from '../manifest.ts';
import { podTemplates } from '../pod-templates.ts';
import { render, renderEnvironment, renderText } from '../render.ts';
import { changedPaths, leavesOf, type Leaves } from '../testing/leaves.ts';
import { allowedBy, type Attempt, type Target } from '../testing/network.ts';
import { only } from '../testing/synth.ts';
import { bank } from './bank.ts';
import { PROD_EU } from './prod-eu.ts';
import { SETTINGS } from './registry.ts';
import type { Settings } from './settings.ts';

type Name = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as Name[];
const REGIONS = ['prod-eu', 'prod-us'] as const;
const PAIRS = NAMES.flatMap((one, index) => NAMES.slice(index + 1).map((other) => [one, other] as const));

const objectsOf = (name: Name) => renderEnvironment(name).flatMap(({ objects }) => objects);

const KNOWN = new Map<Settings, Leaves>();

function leaves(settings: Settings): Leaves {
  const known = KNOWN.get(settings) ?? renderLeaves(settings);
  KNOWN.set(settings, known);
  return known;
}

/* Without the checks: a mixture of two environments need not make sense. */
function renderLeaves(settings: Settings): Leaves {
  const files = bank(settings)(new App());
  return leavesOf(files.flatMap(({ chart }) => chart.toJson().map((object: object) => asManifest(object))));
}

function declared(one: Settings, other: Settings): readonly (keyof Settings)[] {
  const keys = Object.keys(one) as (keyof Settings)[];
  return keys.filter((key) => !isDeepStrictEqual(one[key], other[key]));
}

const CHANGES = new Map<string, readonly string[]>();

/** What would change if a single setting were as in the other environment. */
function changedBy(key: keyof Settings, [a, b]: readonly [Name, Name]): readonly string[] {
  const id = `${a} ${b} ${key}`;
  const mixed = { ...SETTINGS[a], [key]: SETTINGS[b][key] };
  const known = CHANGES.get(id) ?? changedPaths(leaves(SETTINGS[a]), renderLeaves(mixed));
  CHANGES.set(id, known);
  return known;
}

describe('two environments', () => {
  it('T7: differ in what their settings differ in, and in nothing else', () => {
    for (const [a, b] of PAIRS) {
      const explained = declared(SETTINGS[a], SETTINGS[b]).flatMap((key) => changedBy(key, [a, b]));
      const found = changedPaths(leaves(SETTINGS[a]), leaves(SETTINGS[b]));
      expect([a, b, found]).toEqual([a, b, [...new Set(explained)].toSorted()]);
    }
  }, 60_000);

  it('T7: show each setting in which they differ', () => {
    for (const [a, b] of PAIRS) {
      const keys = declared(SETTINGS[a], SETTINGS[b]);
      const silent = keys.filter((key) => changedBy(key, [a, b]).length === 0);
      // The names of the zones are only counted: pods go to whatever zones the nodes are in.
      expect([a, b, silent.filter((key) => key !== 'zones')]).toEqual([a, b, []]);
    }
  });

  it('T7: the second region is declared by nine settings', () => {
    const { 'prod-eu': eu, 'prod-us': us } = SETTINGS;
    expect(declared(eu, us).toSorted()).toEqual([
      'access',
      'backup',
      'config',
      'database',
      'databaseSecret',
      'egress',
      'host',
      'pods',
      'zones',
    ]);
  });

  it('T7: are rendered to the same bytes twice', () => {
    for (const name of NAMES) {
      const again = render(bank(SETTINGS[name])).map(renderText);
      expect(again).toEqual(renderEnvironment(name).map(renderText));
    }
  });
});

describe('the settings of the app', () => {
  it.each(NAMES)('in %s are all settings that it reads, with values that it takes', (name) => {
    const { data } = only(objectsOf(name).filter(({ metadata }) => metadata.name === 'ledger'), 'ConfigMap');
    const settings = data as Record<string, string>;
    expect(Object.keys(settings).filter((key) => !settingNames.includes(key))).toEqual([]);
    const database = { PGHOST: 'postgres', PGUSER: 'ledger', PGDATABASE: 'ledger', PGPASSWORD: 'x' };
    expect(parseConfig({ ...settings, ...database })).toMatchObject({ environment: settings['APP_ENV'] });
  });

  it('ask for tokens wherever the app is not only for developers', () => {
    const open = NAMES.filter((name) => SETTINGS[name].access.kind === 'open');
    expect(open).toEqual(['dev']);
  });
});

describe('two regions', () => {
  const specOf = (objects: readonly Manifest[], kind: string) =>
    objects.filter((object) => object.kind === kind).map(({ spec }) => spec);
  const release = (name: Name) => only(objectsOf(name), 'AppRelease')['spec'] as AppReleaseSpecInput;

  it('D1: have an entrance each, for hosts of their own', () => {
    const entrances = REGIONS.map((name) => {
      const gateway = only(objectsOf(name), 'Gateway')['spec'] as { listeners: { hostname?: string }[] };
      return gateway.listeners.flatMap(({ hostname }) => hostname ?? []);
    });
    expect(entrances).toEqual([['ledger.eu.bank.example'], ['ledger.us.bank.example']]);
    expect(REGIONS.map((name) => release(name).traffic?.gateway?.route)).toEqual([
      expect.objectContaining({ hostnames: ['ledger.eu.bank.example'] }),
      expect.objectContaining({ hostnames: ['ledger.us.bank.example'] }),
    ]);
  });

  it.each(REGIONS)('D1: %s keeps two pods or more, never two more in one zone than in another', (name) => {
    const objects = objectsOf(name);
    expect(only(objects, 'HorizontalPodAutoscaler')['spec']).toMatchObject({ minReplicas: 4 });
    const app = podTemplates(objects).find(({ owner }) => owner === 'Deployment ledger');
    expect(app?.spec.topologySpreadConstraints?.[0]).toEqual({
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
      labelSelector: { matchLabels: app?.labels },
      matchLabelKeys: ['pod-template-hash'],
    });
  });

  it('D1: with nodes in a single zone are refused', () => {
    expect(() => render(bank({ ...PROD_EU, zones: ['eu-a'] }))).toThrow(/zones: 1 zone is offered \(eu-a\)/);
  });

  it.each([
    ['one zone', { zones: ['eu-a', 'eu-a'] }, /40-app\/Region: zones: 1 zone is offered \(eu-a, eu-a\)\. Use/],
    ['one pod', { pods: { kind: 'fixed', replicas: 1 } as const }, /40-app\/Region: leastPods: 1 pod cannot/],
  ])('a region with %s is refused', (...[, change, want]) => {
    expect(() => render(bank({ ...PROD_EU, ...change }))).toThrow(want);
  });

  it('D4: every pod of both serves: none is a standby, and no client is tied to one', () => {
    for (const name of REGIONS) {
      const objects = objectsOf(name);
      const workloads = objects.filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind));
      // The exporter answers no users: it reads the backups.
      const serving = ['slipway-operator', 'ledger', 'ledger-backup-exporter'];
      expect(workloads.map(({ metadata }) => metadata.name)).toEqual(serving);
      expect(JSON.stringify(specOf(objects, 'Service'))).not.toContain('sessionAffinity');
      expect(JSON.stringify(release(name).traffic)).not.toMatch(/sessionPersistence|weight/);
    }
  });
});

describe('scaling', () => {
  it('S2: an autoscaler at 70 % of the CPU drives the release, whose manifest names no number', () => {
    const objects = objectsOf('prod-eu');
    expect(only(objects, 'HorizontalPodAutoscaler')['spec']).toEqual({
      scaleTargetRef: { apiVersion: 'slipway.dev/v1alpha1', kind: 'AppRelease', name: 'ledger' },
      minReplicas: 4,
      maxReplicas: 20,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
    });
    expect(only(objects, 'AppRelease')['spec']).not.toHaveProperty('replicas');
    const budgets = objects.filter(
      ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === 'ledger',
    );
    expect(budgets.map(({ spec }) => spec)).toMatchObject([
      { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    ]);
  });

  it('S2: more pods than the database has connections for are refused before they are rendered', () => {
    const pods = { kind: 'autoscaled', minReplicas: 4, maxReplicas: 25, cpuPercent: 70 } as const;
    expect(() => render(bank({ ...PROD_EU, pods }))).toThrow(
      /maxConnections: 406 connections at the peak \(.*; ledger 2 x 25 \(stable and canary\) x 8 = 400;/,
    );
  });
});

describe('the network', () => {
  const WEB = labelsOf({ name: 'ledger', component: 'web' });
  const objects = objectsOf('prod-eu');
  const attempt = (over: Partial<Attempt>): Attempt => ({
    labels: WEB,
    namespace: 'bank',
    direction: 'Egress',
    other: { address: '10.30.8.7' },
    port: 5432,
    ...over,
  });
  const dns: Target = { labels: { 'k8s-app': 'kube-dns' }, namespace: 'kube-system' };

  const REACHED: Readonly<Record<string, Partial<Attempt>>> = {
    database: {},
    redis: { other: { address: '10.30.9.3' }, port: 6379 },
    dns: { other: dns, port: 53, protocol: 'UDP' },
    'dns over TCP': { other: dns, port: 53 },
  };
  const REFUSED: Readonly<Record<string, Partial<Attempt>>> = {
    'another port of the database': { port: 22 },
    'a neighbour of the database': { other: { address: '10.30.7.255' } },
    'the internet': { other: { address: '203.0.113.9' }, port: 443 },
    'the metadata of the cloud': { other: { address: '169.254.169.254' }, port: 80 },
    'a pod of its own namespace': { other: { labels: WEB, namespace: 'bank' }, port: 8080 },
    'DNS of somebody else': { other: { ...dns, namespace: 'bank' }, port: 53, protocol: 'UDP' },
  };

  it('S3: lets the app reach its database, its cache and DNS, and nothing else', () => {
    for (const [what, over] of Object.entries(REACHED)) {
      const [flow = ''] = what.split(' ');
      expect([what, allowedBy(objects, attempt(over))]).toEqual([what, [`NetworkPolicy ledger-to-${flow}`]]);
    }
    for (const [what, over] of Object.entries(REFUSED)) {
      expect([what, allowedBy(objects, attempt(over))]).toEqual([what, []]);
    }
  });

  it('S3: a pod that nobody thought of reaches nothing, and nothing reaches it', () => {
    const stranger = { labels: { app: 'stranger' } };
    expect(allowedBy(objects, attempt(stranger))).toEqual([]);
    expect(allowedBy(objects, attempt({ ...stranger, direction: 'Ingress' }))).toEqual([]);
  });

  it.each(['migrate', 'backup', 'restore-drill'])('S3: %s reaches the database, and nobody reaches it', (component) => {
    const labels = labelsOf({ name: 'ledger', component });
    expect(allowedBy(objects, attempt({ labels }))).toEqual([`NetworkPolicy ledger-${component}-to-database`]);
    const web = { labels: WEB, namespace: 'bank' };
    expect(allowedBy(objects, attempt({ labels, direction: 'Ingress', other: web }))).toEqual([]);
  });

  it('S4: users come in by the gateway only; operator and Prometheus see the metrics', () => {
    const from = (namespace: string, port: number) =>
      allowedBy(objects, attempt({ direction: 'Ingress', other: { labels: {}, namespace }, port }));
    expect(from('envoy-gateway-system', 8080)).toEqual(['NetworkPolicy ledger-from-gateway']);
    expect(from('default', 8080)).toEqual([]);
    expect(from('slipway-system', 9090)).toEqual(['NetworkPolicy ledger-from-operator']);
    expect(from('monitoring', 9090)).toEqual(['NetworkPolicy ledger-from-prometheus']);
    expect(from('envoy-gateway-system', 9090)).toEqual([]);
  });

  it('lets PostgreSQL in one pod be reached by those who use it, in development', () => {
    const postgres = labelsOf({ name: 'postgres', component: 'database' });
    const from = (labels: Record<string, string>) => {
      const other = { labels, namespace: 'bank' };
      return allowedBy(objectsOf('dev'), attempt({ labels: postgres, direction: 'Ingress', other }));
    };
    expect(from(WEB)).toEqual(['NetworkPolicy postgres-from-web']);
    expect(from({ app: 'stranger' })).toEqual([]);
    expect(allowedBy(objectsOf('dev'), attempt({ other: { labels: postgres, namespace: 'bank' } }))).toHaveLength(1);
  });
});
