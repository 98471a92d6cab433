// Every environment on a real API server with the kinds that the projects beside us publish: each object
// is accepted as rendered, pods are spread over zones, and a generated Secret is made once.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Construct } from 'constructs';
import { AppReleaseObject } from '../../charts-ts/src/constructs/app-release-object.ts';
import { SecretSource, type SecretOrigin } from '../../charts-ts/src/constructs/secret-source.ts';
import { WebApp } from '../../charts-ts/src/constructs/web-app.ts';
import { WebGateway } from '../../charts-ts/src/constructs/web-gateway.ts';
import { ENVIRONMENT_NAMES } from '../../charts-ts/src/environments/registry.ts';
import type { Manifest } from '../../charts-ts/src/manifest.ts';
import { renderEnvironment } from '../../charts-ts/src/render.ts';
import { FULL_RELEASES } from '../../charts-ts/src/testing/full-releases.ts';
import { only, synth } from '../../charts-ts/src/testing/synth.ts';
import { customResourceDefinitions } from '../../operator/src/api/crd.ts';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { list, record, text } from '../../operator/src/lib/json.ts';
import { gatewayDefinitions } from '../cluster/src/addons/crds.ts';
import { publishedDefinitions } from '../cluster/src/addons/published-kinds.ts';
import { startApiTier, type ApiTier } from '../cluster/src/api-tier.ts';
import { createKubectl, type Kubectl } from '../cluster/src/kubectl.ts';
import { waitFor } from '../cluster/src/process/wait.ts';

const NAMESPACES = ['bank', 'slipway-system', 'shop'];
const SECRET_PROGRAM = join(import.meta.dirname, '../../charts-ts/src/constructs/create-secret.cjs');
const ROUTING = ['gateways.gateway.networking.k8s.io', 'httproutes.gateway.networking.k8s.io'];

let tier: ApiTier;
let kubectl: Kubectl;

const listOf = (items: readonly object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
const apply = (items: readonly object[], ...more: readonly string[]) =>
  kubectl(['apply', '--server-side', '--validate=strict', '--warnings-as-errors', ...more, '-f', '-'], listOf(items));
const inShop = (add: (scope: Construct) => void) => synth(add, { namespace: 'shop' });

/** Applies for show; the number of objects that the API server accepts. */
async function accepted(objects: readonly Manifest[]): Promise<number> {
  // The kinds are there already, made by another hand.
  const lines = await apply(objects, '--dry-run=server', '--force-conflicts');
  return lines.trim().split('\n').length;
}

beforeAll(async () => {
  tier = await startApiTier({ nodes: 2 });
  kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  const routing = (await gatewayDefinitions()).filter(({ metadata }) => ROUTING.includes(metadata.name));
  const namespaces = NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  const kinds = [...customResourceDefinitions(), ...routing, ...(await publishedDefinitions())];
  await kubectl(['apply', '--server-side', '-f', '-'], listOf([...namespaces, ...kinds]));
  await waitFor({
    what: 'the kinds to be served',
    deadlineMs: 60_000,
    check: () => kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s']),
  });
});

afterAll(() => tier?.stop());

describe('an environment', () => {
  it.each(ENVIRONMENT_NAMES)('%s is accepted by the API server, object by object', async (name) => {
    const objects = renderEnvironment(name).flatMap((file) => file.objects);
    expect(await accepted(objects)).toBe(objects.length);
  });

  it('is refused where a field is not one of its kind', async () => {
    const [first] = renderEnvironment('prod-eu').flatMap((file) => file.objects).filter(({ kind }) => kind === 'ServiceMonitor');
    const wrong = { ...first, spec: { ...record(first?.['spec']), endpoint: [] } } as unknown as Manifest;
    await expect(accepted([wrong])).rejects.toThrow(/unknown field "endpoint"/);
  });
});

describe('the other shapes of constructs are accepted:', () => {
  const SEALED = 'A'.repeat(684);
  const tls = { kind: 'certificate', secret: 'shop-tls', issuer: { kind: 'Issuer', name: 'own' } } as const;
  const SHAPES: Readonly<Record<string, (scope: Construct) => void>> = {
    'a sealed Secret': (scope) =>
      new SecretSource(scope, 'Secret', { name: 'shop-db', origin: { kind: 'sealed', encrypted: { password: SEALED } } }),
    'a Gateway for two hosts': (scope) =>
      new WebGateway(scope, 'Gateway', { name: 'shop', className: 'envoy', hosts: ['a.test', 'b.test'], tls }),
    'an app behind an Ingress with a Certificate': (scope) =>
      new WebApp(scope, 'App', {
        name: 'shop',
        image: 'registry.example/shop:1.0.0',
        scale: { kind: 'fixed', replicas: 2 },
        spread: 'zones',
        ingress: { host: 'shop.test', tls },
      }),
  };

  it.each(Object.entries(SHAPES))('%s', async (_, add) => {
    const objects = inShop(add);
    expect(await accepted(objects)).toBe(objects.length);
  });
});

describe('a release that uses every field', () => {
  it.each(Object.entries(FULL_RELEASES))('M5: is kept by the API server as the types say it: %s', async (_, spec) => {
    const objects = inShop((scope) => new AppReleaseObject(scope, 'Release', { name: 'web', spec }));
    const answer = record(JSON.parse(await apply(objects, '--dry-run=server', '--output=json')));
    const [kept = answer] = list(answer['items']).map(record);
    expect(parseSpec(spec)).toEqual({ kind: 'valid', value: kept['spec'] });
  });
});

describe('an app that is spread over zones', () => {
  const zoneOf = async (node: string) =>
    kubectl(['get', 'node', node, '-o', 'jsonpath={.metadata.labels.topology\\.kubernetes\\.io/zone}']);

  it('S2: has two of its four pods in each of two zones', async () => {
    const objects = inShop((scope) =>
      new WebApp(scope, 'App', {
        name: 'spread',
        image: 'registry.example/shop:1.0.0',
        scale: { kind: 'fixed', replicas: 4 },
        spread: 'zones',
      }),
    );
    await apply(objects);
    await kubectl(['-n', 'shop', 'rollout', 'status', 'deployment/spread', '--timeout=60s']);
    const nodes = await kubectl([
      '-n', 'shop', 'get', 'pods', '-l', 'app.kubernetes.io/name=spread', '-o', 'jsonpath={.items[*].spec.nodeName}',
    ]);
    const zones = await Promise.all(nodes.split(' ').map(zoneOf));
    expect(zones.toSorted()).toEqual(['z1', 'z1', 'z2', 'z2']);
  });
});

describe('a generated Secret', () => {
  const template = {
    username: 'shop',
    password: '{{random:password}}',
    url: 'postgresql://shop:{{random:password}}@db/shop',
  };
  const origin: SecretOrigin = { kind: 'generated', image: 'registry.example/shop:1.0.0', template };
  const objects = inShop((scope) => new SecretSource(scope, 'Secret', { name: 'made-db', origin }));
  const account = only(objects, 'ServiceAccount').metadata.name;
  let folder: string;

  /** Runs the Job's program as its account; pods are only pretended here. */
  async function runProgram(): Promise<string> {
    const { hostname, port } = new URL(tier.server);
    const env = {
      GENERATE_NAME: 'made-db',
      GENERATE_NAMESPACE: 'shop',
      GENERATE_TEMPLATE: JSON.stringify(template),
      ACCOUNT_DIR: folder,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    };
    return new Promise((resolve) =>
      execFile(process.execPath, [SECRET_PROGRAM], { env }, (_, stdout, stderr) => resolve(stdout + stderr)),
    );
  }

  const valueOf = async (key: string) => {
    const encoded = await kubectl(['-n', 'shop', 'get', 'secret', 'made-db', '-o', `jsonpath={.data.${key}}`]);
    return Buffer.from(encoded, 'base64').toString();
  };

  beforeAll(async () => {
    await apply(objects);
    folder = mkdtempSync(join(tmpdir(), 'slipway-account-'));
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '-o', 'json'])) as { clusters: unknown[] };
    const ca = text(record(record(config.clusters[0])['cluster'])['certificate-authority-data']) ?? '';
    writeFileSync(join(folder, 'ca.crt'), Buffer.from(ca, 'base64'));
    writeFileSync(join(folder, 'token'), await kubectl(['-n', 'shop', 'create', 'token', account]));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('S6: is made once by the account of its Job, and kept from then on', async () => {
    expect(await runProgram()).toBe('Secret shop/made-db: made\n');
    const password = await valueOf('password');
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(await valueOf('url')).toBe(`postgresql://shop:${password}@db/shop`);
    expect(await runProgram()).toBe('Secret shop/made-db: was there already and is left as it is\n');
    expect(await valueOf('password')).toBe(password);
  });

  it('S6: can be made by that account, and neither read nor changed', async () => {
    const as = `--as=system:serviceaccount:shop:${account}`;
    const may: string[] = [];
    for (const verb of ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete']) {
      const answer = await kubectl(['-n', 'shop', 'auth', 'can-i', verb, 'secrets', as]).catch(String);
      if (answer.includes('yes')) may.push(verb);
    }
    expect(may).toEqual(['create']);
  });
});
