// The entrance that charts-ts renders, with a real Envoy behind the names: HTTP is sent to HTTPS, HTTPS is
// served with the certificate and HSTS, and the weights of a release are the shares of the requests.
import {
  Agent,
  request as requestHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpRouteSpec } from '../../charts-ts/src/constructs/http-route.ts';
import { httpsListeners, WebGateway } from '../../charts-ts/src/constructs/web-gateway.ts';
import { only, synth } from '../../charts-ts/src/testing/synth.ts';
import { list, record } from '../../operator/src/lib/json.ts';
import { createAuthority, issue } from '../cluster/src/pki/certificate.ts';
import { freePorts } from '../cluster/src/process/ports.ts';
import { GATEWAY_CLASS, startGateway, type PrivateGateway } from './private-gateway.ts';
import { startVersions, type Versions } from './versions.ts';

const HOST = 'ledger.test';
const NAMESPACE = 'shop';
const STABLE = 'ledger-stable';
const CANARY = 'ledger-canary';
const CANARY_WEIGHT = 25;
const REQUESTS = 10_000;
const CONCURRENCY = 32;

const authority = createAuthority('slipway-test-https');

let ports: { http: number; https: number };
let versions: Versions;
let gateway: PrivateGateway;
const agents = {
  http: new Agent({ keepAlive: true, maxSockets: CONCURRENCY }),
  https: new SecureAgent({ keepAlive: true, maxSockets: CONCURRENCY }),
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a user of the host is answered. The certificate has to be right. */
function ask(scheme: 'http' | 'https', path: string): Promise<Answer> {
  const options = { host: '127.0.0.1', port: ports[scheme], path, headers: { host: HOST } };
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage): void => {
      let body = '';
      answer.on('data', (chunk: Buffer) => void (body += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    };
    const secure = { agent: agents.https, servername: HOST, ca: authority.certificatePem };
    const call =
      scheme === 'http'
        ? requestHttp({ ...options, agent: agents.http }, onAnswer)
        : requestHttps({ ...options, ...secure }, onAnswer);
    call.once('error', reject);
    call.end();
  });
}

/* As rendered but for the ports: 80 and 443 are not ours on this machine. */
function entrance(): readonly object[] {
  const objects = synth(
    (scope) => {
      const tls = { kind: 'existing', secret: 'ledger-tls' } as const;
      const props = { name: 'bank', className: GATEWAY_CLASS, hosts: [HOST], tls };
      return new WebGateway(scope, 'Gateway', props);
    },
    { namespace: NAMESPACE },
  );
  const rendered = only(objects, 'Gateway');
  const spec = record(rendered['spec']);
  const listeners = list(spec['listeners'])
    .map(record)
    .map((one) => ({ ...one, port: one['port'] === 80 ? ports.http : ports.https }));
  return [{ ...rendered, spec: { ...spec, listeners } }, only(objects, 'HTTPRoute')];
}

/* The route of the AppRelease, with its Service replaced by the pair as the operator does it. */
function route(): object {
  const spec = httpRouteSpec({
    gateway: { name: 'bank', namespace: NAMESPACE },
    listeners: httpsListeners([HOST]),
    hostnames: [HOST],
    service: 'ledger',
    hsts: {},
  });
  const backend = (name: string, weight: number) => ({ group: 'gateway.envoyproxy.io', kind: 'Backend', name, weight });
  const backendRefs = [backend(STABLE, 100 - CANARY_WEIGHT), backend(CANARY, CANARY_WEIGHT)];
  const rules = list(spec['rules']).map((rule) => ({ ...record(rule), backendRefs }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'ledger', namespace: NAMESPACE },
    spec: { ...spec, rules },
  };
}

function certificate(): object {
  const { certificatePem, keyPem } = issue(authority, {
    subject: { commonName: HOST },
    usage: 'server',
    names: [HOST],
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'ledger-tls', namespace: NAMESPACE },
    data: { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) },
  };
}

beforeAll(async () => {
  const [http = 0, https = 0] = await freePorts(2);
  ports = { http, https };
  const pods = 2;
  versions = await startVersions([{ name: STABLE, pods }, { name: CANARY, pods }], NAMESPACE);
  const objects = [...entrance(), route(), certificate(), ...versions.backends];
  gateway = await startGateway(objects, async () => (await ask('https', '/')).status === 200);
}, 900_000);

afterAll(async () => {
  agents.http.destroy();
  agents.https.destroy();
  await gateway?.stop();
  await versions?.stop();
});

describe('a request over HTTP', () => {
  it('S7: is answered with 308 and the same address by HTTPS', async () => {
    const { status, headers } = await ask('http', '/v1/accounts?limit=5');
    expect(status).toBe(308);
    expect(new URL(headers.location ?? '')).toMatchObject({
      protocol: 'https:',
      hostname: HOST,
      pathname: '/v1/accounts',
      search: '?limit=5',
    });
  });
});

describe('a request over HTTPS', () => {
  it('S7: is served with the certificate of the host, and with HSTS', async () => {
    const { status, headers } = await ask('https', '/');
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  });

  describe('of ten thousand', () => {
    const counts = new Map<string, number>();
    const of = (version: string) =>
      [...counts].filter(([pod]) => pod.startsWith(version)).map(([, count]) => count);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

    beforeAll(async () => {
      let left = REQUESTS;
      const user = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const { status, body } = await ask('https', '/');
          const pod = status === 200 ? body : `status ${status}`;
          counts.set(pod, (counts.get(pod) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, user));
    });

    it('is answered by some version', () => {
      expect(sum([...of(STABLE), ...of(CANARY)])).toBe(REQUESTS);
    });

    it('S4: goes to the canary in its share, 25 %, within 2 %', () => {
      const percent = (sum(of(CANARY)) / REQUESTS) * 100;
      expect(Math.abs(percent - CANARY_WEIGHT)).toBeLessThanOrEqual(2);
    });

    it('D4: is answered by both pods of a version alike, within 10 %', () => {
      const [first = 0, second = 0] = of(STABLE);
      expect(of(STABLE)).toHaveLength(2);
      expect(Math.abs(first - second) / (first + second)).toBeLessThanOrEqual(0.1);
    });
  });
});
