import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { parseSpec } from '../api/parse.ts';
import { record } from '../lib/json.ts';
import { DEPLOYMENTS, SERVICES } from './cluster.ts';
import { lintRelease } from './lint-release.ts';
import { createFakeTerminal } from './testing/fake-terminal.ts';

const IMAGE = 'registry.example/shop:1.2.3';
const NEW = `init --name shop --image ${IMAGE} --port 8080`;

const deployment = (over: { spec?: object; container?: object; name?: string } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: over.name ?? 'web', namespace: 'bank' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web', tier: 'front' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'registry.example/web:2.0.0',
            ports: [{ containerPort: 3000 }, { name: 'metrics', containerPort: 9464 }],
            ...over.container,
          },
        ],
      },
    },
    ...over.spec,
  },
});
const service = (selector: object = { app: 'web' }) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web-service', namespace: 'bank' },
  spec: { selector, ports: [{ name: 'admin', port: 81 }, { name: 'http', port: 8000, targetPort: 3000 }] },
});

const asText = (...objects: object[]): string => objects.map((object) => JSON.stringify(object)).join('\n---\n');

/* Runs it, and reads what was written as the API server would. */
async function written(line: string, files: Record<string, string> = {}) {
  const terminal = createFakeTerminal({ files });
  const seen = await terminal.type(line);
  const made = Object.entries(terminal.files).filter(([path]) => path !== '/home/.kube/config' && !(path in files));
  const objects = made.flatMap(([, text]) =>
    parseAllDocuments(text).map((document) => record(document.toJS())),
  );
  const byKind = (kind: string) => record(objects.find((object) => object['kind'] === kind));
  return { ...seen, paths: made.map(([path]) => path), objects, byKind };
}

const findings = (objects: readonly Record<string, unknown>[]) =>
  objects
    .filter((object) => object['kind'] === 'AppRelease')
    .flatMap((release) => lintRelease(release, objects))
    .filter(({ severity }) => severity !== 'note')
    .map(({ field, message }) => `${field}: ${message}`);

describe('everything that init writes', () => {
  const FILES = {
    'deploy.yaml': asText(deployment()),
    'both.yaml': asText(deployment(), service()),
    'zero.yaml': asText(deployment({ spec: { replicas: 0 } })),
  };
  const GATEWAY = '--host shop.example.com --gateway gateways/public';
  it.each([
    NEW,
    `${NEW} -n shop --health /healthz`,
    `${NEW} --metrics-port 9090 --replicas 8`,
    `${NEW} --metrics-port 8080 --metrics-path /internal/metrics`,
    `${NEW} --metrics-port 9090 ${GATEWAY}`,
    'init --from-deployment deploy.yaml',
    `init --from-deployment both.yaml ${GATEWAY}`,
    `init --from-deployment deploy.yaml ${GATEWAY} --name shop`,
    'init --from-deployment zero.yaml',
  ])('is valid, and lint has no warning: %s', async (line) => {
    const { objects, code, err } = await written(line, FILES);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const release = objects.find(({ kind }) => kind === 'AppRelease');
    expect(parseSpec(release?.['spec'])).toMatchObject({ kind: 'valid' });
    const without = /verify steps judge readiness and crashes only/;
    expect(findings(objects).filter((one) => !without.test(one))).toEqual([]);
  });
});

describe('a new application', () => {
  it('gets a Deployment of 0 that is safe by default, a Service and a release', async () => {
    const { byKind, paths, out } = await written(`${NEW} --health /healthz --metrics-port 9090 -n shop`);
    expect(paths).toEqual(['deployment.yaml', 'service.yaml', 'release.yaml']);
    const spec = record(byKind('Deployment')['spec']);
    expect(spec).toMatchObject({ replicas: 0, selector: { matchLabels: { app: 'shop' } } });
    expect(spec['template']).toMatchObject({
      spec: {
        securityContext: { runAsNonRoot: true },
        containers: [
          {
            image: IMAGE,
            ports: [
              { name: 'http', containerPort: 8080 },
              { name: 'metrics', containerPort: 9090 },
            ],
            readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
            securityContext: { readOnlyRootFilesystem: true },
          },
        ],
      },
    });
    expect(byKind('Service')['spec']).toMatchObject({ selector: { app: 'shop' }, ports: [{ targetPort: 'http' }] });
    expect(byKind('AppRelease')).toMatchObject({
      metadata: { name: 'shop', namespace: 'shop' },
      spec: { workloadRef: { name: 'shop' }, replicas: 4, checks: { scrape: { port: 'metrics' } } },
    });
    expect(out).toContain('kubectl apply -n shop -f deployment.yaml -f service.yaml -f release.yaml\n');
  });

  it('is asked at its port when it has no page that tells', async () => {
    const { byKind, out } = await written(NEW);
    expect(JSON.stringify(byKind('Deployment'))).toContain('"readinessProbe":{"tcpSocket":{"port":"http"}');
    expect(record(byKind('AppRelease')['spec'])['checks']).toBeUndefined();
    expect(out).toContain('without --metrics-port errors are not seen');
  });

  it('behind a gateway has a Service that selects nothing, and begins with less', async () => {
    const line = `${NEW} --metrics-port 9090 --host shop.example.com --gateway gateways/public`;
    const { byKind } = await written(line);
    expect(record(byKind('Service')['spec'])['selector']).toBeUndefined();
    expect(byKind('AppRelease')['spec']).toMatchObject({
      strategy: { canary: { steps: [{ weight: 5 }, {}, { weight: 25 }, {}] } },
      traffic: {
        service: 'shop',
        gateway: {
          route: {
            parentRefs: [{ name: 'public', namespace: 'gateways' }],
            hostnames: ['shop.example.com'],
            rules: [{ backendRefs: [{ name: 'shop', port: 80 }] }],
          },
        },
      },
    });
  });
});

describe('a Deployment that is there', () => {
  it('stays as it is; its ports and Service are found', async () => {
    const files = { 'both.yaml': asText(deployment(), service()) };
    const line = 'init --from-deployment both.yaml --host web.test --gateway gateways/public';
    const { byKind, paths, out } = await written(line, files);
    expect(paths).toEqual(['release.yaml']);
    const spec = record(byKind('AppRelease')['spec']);
    expect(spec).toMatchObject({
      workloadRef: { name: 'web' },
      traffic: { service: 'web-service' },
      checks: { scrape: { port: 'metrics' } },
    });
    expect(JSON.stringify(spec)).toContain('"backendRefs":[{"name":"web-service","port":8000}]');
    expect(spec['replicas']).toBeUndefined();
    expect(out).toContain('set replicas: 0 on the Deployment web');
    expect(out).toContain('the Service web-service has a selector');
  });

  it('without a Service gets one with its own selector', async () => {
    const { byKind, out } = await written('init --from-deployment d', { d: asText(deployment()) });
    expect(byKind('Service')['spec']).toMatchObject({ selector: { app: 'web' }, ports: [{ targetPort: 3000 }] });
    expect(out).toContain('no Service for these pods was found');
  });

  it('of 0 replicas is told how many serve', async () => {
    const files = { d: asText(deployment({ spec: { replicas: 0 } })) };
    const { byKind, out } = await written('init --from-deployment d --replicas 6', files);
    expect(record(byKind('AppRelease')['spec'])['replicas']).toBe(6);
    expect(out).not.toContain('set replicas: 0');
  });

  it('is read from the cluster', async () => {
    const terminal = createFakeTerminal();
    terminal.store.put(DEPLOYMENTS, deployment());
    terminal.store.put(SERVICES, service());
    const line = 'init --from-deployment live --name web --host web.test --gateway gateways/public';
    expect(await terminal.type(line)).toMatchObject({ code: 0, err: '' });
    expect(terminal.files['release.yaml']).toContain('service: web-service');
  });
});

describe('charts', () => {
  it('are a program with the constructs of a checkout', async () => {
    const line = `${NEW} --charts -n shop --health /healthz --metrics-port 9090 -o x`;
    const terminal = createFakeTerminal();
    const { code, out } = await terminal.type(line);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('(cd x/charts && npm install') });
    const main = terminal.files['x/charts/main.ts'] ?? '';
    expect(main).toContain("const image = 'registry.example/shop:1.2.3';");
    expect(main).toContain("ready: '/healthz'");
    expect(main).toContain("scale: { kind: 'release' }");
    const made = JSON.parse(terminal.files['x/charts/package.json'] ?? '') as { dependencies: object };
    expect(made.dependencies).toEqual({ slipway: expect.stringMatching(/^file:(?:\.\.\/)*\.\.$/) });
  });

  it('of a Deployment that is there hold its release only', async () => {
    const terminal = createFakeTerminal({ files: { d: asText(deployment()) } });
    expect(await terminal.type('init --from-deployment d --charts')).toMatchObject({ code: 0 });
    const main = terminal.files['charts/main.ts'] ?? '';
    expect(main).not.toContain('WebApp');
    expect(main).toContain("name: 'web'");
  });
});

describe('files that are there', () => {
  it('are not overwritten without --force, and nothing else is written either', async () => {
    const terminal = createFakeTerminal({ files: { 'x/service.yaml': 'mine' } });
    const refused = await terminal.type(`${NEW} -o x/`);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('x/service.yaml: there already') });
    expect(Object.keys(terminal.files)).not.toContain('x/release.yaml');
    expect(await terminal.type(`${NEW} -o x/ --force`)).toMatchObject({ code: 0 });
    expect(terminal.files['x/service.yaml']).not.toBe('mine');
  });
});

describe('what cannot be written is told with its option', () => {
  const files = {
    none: asText(service()),
    two: asText(deployment(), deployment({ name: 'other' })),
    moving: asText(deployment({ container: { image: 'web:latest' } })),
    portless: asText(deployment({ container: { ports: [] } })),
  };
  const cases: Record<string, RegExp> = {
    init: /^error: --name is missing/,
    'init --name shop': /--image is missing/,
    [`init --name shop --image ${IMAGE}`]: /--port is missing/,
    [`init --name Shop --image ${IMAGE} --port 1`]: /--name Shop: give at most 52 lower case/,
    [`${NEW} extra`]: /extra: init takes options only/,
    [`${NEW} --metrics-port x`]: /--metrics-port x: give a number/,
    [`${NEW} --replicas 0`]: /--replicas 0: give a number from 1/,
    [`${NEW} --health healthz`]: /--health healthz: give a path that begins with \//,
    [`${NEW} --host shop.test`]: /--gateway is missing/,
    [`${NEW} --gateway a/b`]: /--host is missing/,
    [`${NEW} --host shop.test --gateway public`]: /--gateway public: give <namespace>\/<name>/,
    'init --name shop --image shop --port 1': /--image: shop has no tag, which means latest/,
    'init --name shop --image shop:latest --port 1': /shop:latest has the tag latest, which can move.*@sha256/,
    'init --from-deployment nowhere': /--from-deployment: there is no file nowhere/,
    'init --from-deployment none': /none: there is no Deployment/,
    'init --from-deployment two': /several Deployments, name one of web, other: --name/,
    'init --from-deployment moving': /moving: container web: web:latest has the tag latest/,
    'init --from-deployment portless --host a.b --gateway c/d': /name no port: say which one serves, --port/,
    'init --from-deployment two --name web --image x:1.0.0': /--image: the Deployment says that already/,
    'init --from-deployment two --name web --replicas 3': /--replicas: the pods that run are taken over/,
    'init --from-deployment live': /--name is missing/,
    'init --from-deployment live --name nope': /there is no Deployment nope in namespace bank/,
  };
  it.each(Object.entries(cases))('%s', async (line, wanted) => {
    const seen = await written(line, files);
    expect(seen).toMatchObject({ code: 1, out: '', err: expect.stringMatching(wanted), paths: [] });
  });
});
