import { describe, expect, it } from '@jest/globals';
import { ApiObject, App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { AppReleaseObject } from '../constructs/app-release-object.ts';
import { Autoscaler, type AutoscalerProps } from '../constructs/autoscaler.ts';
import { DatabaseLimits, type DatabaseLimitsProps } from '../constructs/database-limits.ts';
import { DisruptionBudget } from '../constructs/disruption-budget.ts';
import { MigrationJob } from '../constructs/migration-job.ts';
import { WebApp, type WebAppProps } from '../constructs/web-app.ts';
import { findingsIn, refuseFindings } from './all-checks.ts';
import { findingLine } from './finding.ts';

const IMAGE = 'registry.example/shop:1.2.3';
const SHOP: WebAppProps = { name: 'shop', image: IMAGE, scale: { kind: 'fixed', replicas: 3 } };
const CANARY = { canary: { steps: [{ weight: 20 }] } };

/** An app with a chart called `shop` into which `add` adds. */
function world(add: (scope: Construct) => void): App {
  const app = new App();
  add(new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true }));
  return app;
}

/* Shorter than `new` with three arguments in a table. */
const release = (spec: Partial<AppReleaseSpecInput>) => (scope: Construct) =>
  void new AppReleaseObject(scope, 'Release', {
    name: 'shop',
    spec: { workloadRef: { name: 'shop' }, strategy: CANARY, ...spec },
  });
const scaler = (props: Partial<AutoscalerProps>) => (scope: Construct) =>
  void new Autoscaler(scope, 'Scaler', {
    name: 'shop',
    target: { kind: 'AppRelease', name: 'shop' },
    maxReplicas: 9,
    ...props,
  });
const migration = (scope: Construct) =>
  void new MigrationJob(scope, 'Migration', { app: 'shop', image: IMAGE, databaseSecret: 'db' });
const limits =
  (maxConnections: number, more: Partial<DatabaseLimitsProps> = {}) =>
  (scope: Construct) =>
    void new DatabaseLimits(scope, 'Limits', {
      databaseSecret: 'db',
      namespace: 'shop',
      maxConnections,
      ...more,
    });
const lines = (add: (scope: Construct) => void) => findingsIn(world(add)).map(findingLine);
const shop = (props: Partial<WebAppProps> = {}) => (scope: Construct) =>
  void new WebApp(scope, 'App', { ...SHOP, ...props });
const plain = (kind: string, name: string, rest: object) => (scope: Construct) =>
  void new ApiObject(scope, `${kind}-${name}`, { apiVersion: 'x/v1', kind, metadata: { name }, ...rest });
const all =
  (...adds: readonly ((scope: Construct) => void)[]) =>
  (scope: Construct) =>
    adds.forEach((add) => add(scope));

const job = (spec: object) =>
  plain('Job', 'once', { spec: { template: { metadata: { labels: { app: 'web' } }, spec } } });
const SHOP_LABELS = { matchLabels: { app: 'shop' } };

describe('an app that is right', () => {
  it('has no finding, with everything there is', () => {
    const everything = all(
      shop({ scale: { kind: 'release' }, databaseSecret: 'db', poolSize: 5, spread: 'zones' }),
      release({}),
      scaler({ maxReplicas: 6 }),
      migration,
      limits(60),
    );
    expect(lines(everything)).toEqual([]);
    expect(() => refuseFindings(world(everything))).not.toThrow();
  });
});

describe('a finding', () => {
  it('comes with all others, each with the path, the field and the remedy', () => {
    const broken = world(shop({ image: 'shop', graceSeconds: 10, env: { API_TOKEN: 'hunter2' } }));
    expect(() => refuseFindings(broken)).toThrow(
      [
        '3 findings, nothing is rendered:',
        'shop/App/Deployment: spec.template.spec.terminationGracePeriodSeconds: shop takes up to 15 s to drain and close and is killed after 10 s. Raise it above 15, or lower DRAIN_MS, CLOSE_TIMEOUT_MS or the preStop sleep.',
        'shop/App/Deployment: spec.template.spec.containers[0].image: shop has no tag and no whole digest. Name a digest (image@sha256:...) or a full version (image:1.2.3).',
        'shop/App/Deployment: spec.template.spec.containers[0].env[2] API_TOKEN: a value under the name of a credential in the clear. Take it from a Secret (SecretSource: existing, generated, external or sealed); no value stands in git.',
      ].join('\n'),
    );
  });

  it('of a construct with itself stands beside them, and stops cdk8s alone too', () => {
    const target = { kind: 'Deployment', name: 'shop' } as const;
    const ranged = scaler({ target, minReplicas: 5, maxReplicas: 4 });
    const broken = all(shop({ scale: { kind: 'autoscaler' } }), ranged);
    expect(lines(broken)).toEqual([
      'shop/Scaler: maxReplicas: 5 to 4 pods is no range. Use at least 1 and no fewer than minReplicas.',
    ]);
    expect(() => world(broken).synthYaml()).toThrow(/\[shop\/Scaler\] maxReplicas: 5 to 4 pods/);
  });

  it('never repeats the secret it found', () => {
    const [line = ''] = lines(shop({ env: { DB_PASSWORD: 'hunter2' } }));
    expect(line).toContain('DB_PASSWORD');
    expect(line).not.toContain('hunter2');
  });
});

describe('selectors', () => {
  const workload = (selector: object, labels: object) =>
    plain('Deployment', 'web', {
      spec: {
        selector: { matchLabels: selector },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: IMAGE }] } },
      },
    });
  const web = workload({ app: 'web' }, { app: 'web' });
  const service = (selector: object) => plain('Service', 'web', { spec: { selector } });
  const policy = (podSelector: object) => plain('NetworkPolicy', 'web', { spec: { podSelector } });

  it.each([
    ['its own pods', web],
    ['pods by an expression', all(web, policy({ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }))],
    ['a Service that the operator points', all(web, plain('Service', 'web', { spec: { ports: [] } }))],
    ['a policy for every pod', all(web, policy({}))],
  ])('may match %s', (_, add) => expect(lines(add)).toEqual([]));

  it.each([
    ['nothing of its own', workload({ app: 'web' }, { app: 'wbe' }), 'spec.selector.matchLabels: it does not match the template'],
    ['everything', workload({}, { app: 'web' }), 'spec.selector.matchLabels: it selects every pod of the namespace'],
    ['the pods of another', all(web, job({ containers: [] })), 'it also matches the pods of Job once'],
    ['no pod, of a Service', all(web, service({ app: 'shop' })), 'spec.selector: it matches no pod'],
    ['no pod, of a policy', all(web, policy({ matchLabels: { app: 'shop' } })), 'spec.podSelector: it matches no pod'],
    [
      'no pod, of a budget',
      all(web, plain('PodDisruptionBudget', 'web', { spec: { maxUnavailable: 1, selector: SHOP_LABELS } })),
      'spec.selector: it matches no pod',
    ],
    [
      'no Service, of a monitor',
      plain('ServiceMonitor', 'web', { spec: { selector: SHOP_LABELS } }),
      'spec.selector: it matches the labels of no Service',
    ],
    [
      'other pods, when spread',
      plain('Deployment', 'web', {
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [], topologySpreadConstraints: [{ labelSelector: SHOP_LABELS }] },
          },
        },
      }),
      'spec.template.spec.topologySpreadConstraints[0].labelSelector: it does not match',
    ],
  ])('may not match %s', (...[, add, want]) => expect(lines(add)).toEqual([expect.stringContaining(want)]));
});

describe('the connection budget', () => {
  const client = (props: Partial<WebAppProps>) => shop({ databaseSecret: 'db', poolSize: 10, ...props });
  const released = client({ scale: { kind: 'release' } });
  const gateway = { service: 'shop', gateway: { route: {} } };

  it.each([
    ['pods and their surge', client({}), '3 + 1 (surge) x 10 = 40', 40],
    [
      'stable and canary whole, behind a router',
      all(released, release({ replicas: 3, traffic: gateway })),
      '2 x 3 (stable and canary) x 10 = 60',
      60,
    ],
    ['a canary by share of pods', all(released, release({ replicas: 4 })), '4 + 1 (surge) x 10 = 50', 50],
    [
      'as many as an autoscaler may make of both',
      all(released, release({ traffic: gateway }), scaler({ maxReplicas: 7 })),
      '2 x 7 (stable and canary) x 10 = 140',
      140,
    ],
    ['Jobs', migration, 'shop-migrate-1-2-3 = 2', 2],
  ])('counts %s', (...[, add, text, peak]) => {
    expect(lines(all(add, limits(peak + 10)))).toEqual([]);
    expect(lines(all(add, limits(peak + 3, { reserved: 3 })))).toEqual([]);
    expect(lines(all(add, limits(peak + 9)))).toEqual([
      expect.stringContaining(`shop/Limits: maxConnections: ${peak} connections at the peak (`),
    ]);
    expect(lines(all(add, limits(peak + 9)))[0]).toContain(`${text}), and ${peak + 9} - 10 reserved are there.`);
  });

  it('adds up everybody who reads the Secret, and nobody else', () => {
    const other = shop({ name: 'other', databaseSecret: 'another-db', poolSize: 90 });
    const apart = { namespace: 'shop', disableResourceNameHashes: true };
    const both = all(client({}), (scope) => other(new Chart(scope, 'other', apart)), limits(50));
    expect(lines(both)).toEqual([]);
  });

  it('finds a pool whose size nobody states, and a number of pods that nobody states', () => {
    const silent = client({ scale: { kind: 'release' }, env: { DB_POOL_SIZE: 'many' } });
    const unsaid = all(silent, release({}), limits(1000));
    expect(lines(unsaid)).toEqual([
      expect.stringContaining('shop/App/Deployment: spec.template.spec.containers[0].env: the size of its connection pool is not stated'),
      expect.stringContaining('shop/App/Deployment: spec.replicas: nobody says how many pods shop/shop has'),
    ]);
  });
});

describe('draining', () => {
  const hooked = (preStop: object) =>
    plain('Deployment', 'web', {
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: IMAGE, lifecycle: { preStop } }] },
        },
      },
    });

  it.each([
    ['shorter than the grace period', shop({ drainSeconds: 20, closeSeconds: 9, graceSeconds: 30 }), []],
    ['as long as it', shop({ drainSeconds: 20, closeSeconds: 10, graceSeconds: 30 }), ['takes up to 30 s']],
    ['longer, by a variable', shop({ env: { DRAIN_MS: '60000' } }), ['takes up to 70 s']],
    ['a short sleep before', hooked({ sleep: { seconds: 5 } }), []],
    ['a long sleep before', hooked({ sleep: { seconds: 30 } }), ['killed after 30 s']],
    ['a long sleep by a shell', hooked({ exec: { command: ['sh', '-c', 'sleep 45'] } }), ['takes up to 45 s']],
  ])('is %s', (...[, add, want]) =>
    expect(lines(add)).toEqual(want.map((text) => expect.stringContaining(text))));
});

describe('a disruption budget', () => {
  const LABELS = { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/component': 'web' };
  const budget = (maxUnavailable: number | string) => (scope: Construct) =>
    void new DisruptionBudget(scope, 'Own', { name: 'own', selects: LABELS, maxUnavailable });
  const least = (minAvailable: number | string) =>
    plain('PodDisruptionBudget', 'own', { spec: { minAvailable, selector: { matchLabels: LABELS } } });
  const pods = (replicas: number) => shop({ scale: { kind: 'fixed', replicas } });

  it.each([
    ['1 of 3 away', all(pods(3), budget(1)), []],
    ['a share that is rounded up', all(pods(3), budget('10%')), []],
    ['2 of 3 there', all(pods(3), least(2)), []],
    ['none away', all(pods(3), budget(0)), ['spec.maxUnavailable: 0 with 3 pods lets no node be drained']],
    ['3 of 3 there', all(pods(3), least(3)), ['spec.minAvailable: 3 with 3 pods lets no node be drained']],
    ['all there', all(pods(3), least('100%')), ['spec.minAvailable: 100% with 3 pods']],
    ['the only one there', all(pods(1), least(1)), ['spec.minAvailable: 1 with 1 pod lets']],
    [
      'as many as the autoscaler leaves',
      all(shop({ scale: { kind: 'autoscaler' } }), least(2), scaler({ target: { kind: 'Deployment', name: 'shop' } })),
      ['spec.minAvailable: 2 with 2 pods'],
    ],
  ])('that wants %s', (...[, add, want]) =>
    expect(lines(add)).toEqual(want.map((text) => expect.stringContaining(text))));
});

describe('an autoscaler', () => {
  const deployment = { kind: 'Deployment', name: 'shop' } as const;

  it.each([
    ['a release without a number', all(shop({ scale: { kind: 'release' } }), release({}), scaler({}))],
    ['a Deployment without a number', all(shop({ scale: { kind: 'autoscaler' } }), scaler({ target: deployment }))],
  ])('may scale %s', (_, add) => expect(lines(add)).toEqual([]));

  it.each([
    [
      'a release whose number stands in git',
      all(shop({ scale: { kind: 'release' } }), release({ replicas: 3 }), scaler({})),
      'shop/Release: spec.replicas: 3 is stated, and an autoscaler decides',
    ],
    [
      'a Deployment whose number stands in git',
      all(shop(), scaler({ target: deployment })),
      'shop/App/Deployment: spec.replicas: 3 is stated, and an autoscaler decides',
    ],
    [
      'a Deployment whose pods a release runs',
      all(shop({ scale: { kind: 'release' } }), release({ replicas: 3 }), scaler({ target: deployment })),
      'shop/Scaler: spec.scaleTargetRef: the pods of Deployment shop are run by AppRelease shop',
    ],
    ['nothing', all(shop(), scaler({})), 'spec.scaleTargetRef: there is no AppRelease shop in namespace shop'],
  ])('S2: may not scale %s', (...[, add, want]) =>
    expect(lines(add)).toEqual([expect.stringContaining(want)]));
});

describe('images', () => {
  it.each([`shop@sha256:${'ab'.repeat(32)}`, 'registry.example:5000/a/shop:1.2.3', 'shop:v1.2.3-rc.1', 'localhost/shop:dev'])(
    'S8: %s is the same image tomorrow',
    (image) => expect(lines(shop({ image }))).toEqual([]),
  );

  it.each([
    ['shop', 'has no tag'],
    ['registry.example:5000/shop', 'has no tag'],
    ['shop:latest', 'is whatever was pushed last'],
    ['localhost/shop:latest', 'is whatever was pushed last'],
    ['shop:1.2', 'has a tag that can move (1.2)'],
    ['shop:main', 'has a tag that can move (main)'],
    ['shop@sha256:abc', 'has no tag and no whole digest'],
  ])('S8: %s is refused: it can be another one tomorrow', (image, why) => {
    expect(lines(shop({ image }))).toEqual([expect.stringContaining(`.image: ${image} ${why}`)]);
  });

  it('S8: with a tag that can move, or none, are refused when rendering', () => {
    expect(lines(shop({ image: 'shop:main' }))).toEqual([expect.stringContaining('has a tag that can move (main)')]);
  });

  it('S8: a template inside an AppRelease is looked at as well', () => {
    const inline = plain('AppRelease', 'web', {
      spec: { template: { metadata: { labels: {} }, spec: { containers: [{ name: 'web', image: 'web' }] } } },
    });
    expect(lines(inline)).toEqual([expect.stringContaining('spec.template.spec.containers[0].image: web has no tag')]);
  });
});

describe('secrets', () => {
  const key = ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' ');
  const map = (data: object) => plain('ConfigMap', 'settings', { data });

  it.each([
    ['a reference', shop({ databaseSecret: 'db' })],
    ['a path to a file', shop({ env: { API_TOKEN: '/run/secrets/api/token', PGPASSWORD_FILE: '/run/x' } })],
    ['an address', shop({ env: { REDIS_URL: 'redis://redis:6379/0', LOG_LEVEL: 'info' } })],
    ['a word that only sounds like it', map({ TOKENS_PER_MINUTE: '60', SECRET_ROTATION: 'weekly', SORT_KEY: 'name' })],
    ['an empty Secret', plain('Secret', 'empty', { type: 'Opaque' })],
  ])('may be %s', (_, add) => expect(lines(add)).toEqual([]));

  it.each([
    ['a Secret with data', plain('Secret', 'db', { data: { password: 'aHVudGVyMg==' } }), 'shop/Secret-db: data: a Secret with content'],
    ['a Secret with text', plain('Secret', 'db', { stringData: { password: 'x' } }), 'stringData: a Secret with content'],
    ['a password as a variable', shop({ env: { PGPASSWORD: 'x' } }), 'PGPASSWORD: a value under the name'],
    ['a key of a vendor', shop({ env: { STRIPE_API_KEY: 'sk_1' } }), 'STRIPE_API_KEY: a value under the name'],
    ['a password in a URL', shop({ env: { UPSTREAM: 'https://me:pw@host/' } }), 'UPSTREAM: a password in a URL'],
    ['a user in the URL of a database', shop({ env: { DATABASE_URL: 'postgresql://me@host/db' } }), 'DATABASE_URL: a URL with a user'],
    ['a token in a ConfigMap', map({ 'github.token': 'x' }), 'data.github.token: a value under the name'],
    ['a private key in a ConfigMap', map({ 'tls.pem': key }), 'data.tls.pem: a private key'],
    ['a key in an argument', job({ containers: [{ name: 'j', image: IMAGE, args: ['AKIA' + 'A'.repeat(16)] }] }), 'spec.template.spec.containers[0].args[0]: an AWS access key'],
    ['a token in an annotation', plain('Foo', 'f', { metadata: { name: 'f', annotations: { note: 'ghp_' + 'a'.repeat(36) } } }), 'metadata.annotations.note: a GitHub token'],
  ])('may not be %s', (...[, add, want]) => expect(lines(add)).toEqual([expect.stringContaining(want)]));
});
