// The smallest application that shows routing: it answers with its version and its pod's name.

import { request } from 'node:http';

const SERVER = `
  const { VERSION, HOSTNAME } = process.env;
  require('node:http').createServer((_q, a) => a.end(VERSION + ' ' + HOSTNAME)).listen(8080);
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1000));`;

/** A container that the restricted pod security standard accepts. */
export const restricted = (more: object): object => ({
  image: 'localhost/slipway/node:24',
  imagePullPolicy: 'Never',
  securityContext: {
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true,
    capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
  },
  ...more,
});

/** Deployment and Service `web-<version>`, two pods. */
export const web = (version: string, namespace: string): readonly object[] => {
  const name = `web-${version}`;
  const labels = { app: name };
  const container = restricted({
    name: 'web', args: ['-e', SERVER], env: [{ name: 'VERSION', value: version }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  });
  return [
    {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: 'v1', kind: 'Service', metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
};

export type RouteSpec = {
  readonly namespace: string;
  readonly gateways: readonly string[];
  readonly host: string;
  /** Weight by name of a Service. */
  readonly weights: Readonly<Record<string, number>>;
};

/** The HTTPRoute `web`. */
export const route = ({ namespace, gateways, host, weights }: RouteSpec): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace },
  spec: {
    parentRefs: gateways.map((name) => ({ name, namespace: 'gateway-system' })),
    hostnames: [host],
    rules: [{
      backendRefs: Object.entries(weights).map(([name, weight]) => ({ name, port: 80, weight })),
    }],
  },
});

export type Answer = { readonly status: number; readonly body: string };

/** One request on a connection of its own. */
export const ask = (address: string, host: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { headers: { host }, agent: false, timeout: 5000 };
    const sent = request(address, options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', reject);
    sent.end();
  });

/** Answers by version, or by status where it is not 200. */
export const countAnswers = async (
  address: string,
  host: string,
  requests: number,
): Promise<Readonly<Record<string, number>>> => {
  const seen: Record<string, number> = {};
  for (let done = 0; done < requests; done += 1) {
    const { status, body } = await ask(address, host);
    const who = status === 200 ? (body.split(' ')[0] ?? '') : String(status);
    seen[who] = (seen[who] ?? 0) + 1;
  }
  return seen;
};
