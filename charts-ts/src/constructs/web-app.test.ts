import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Manifest } from '../manifest.ts';
import { podTemplates } from '../pod-templates.ts';
import { RULE_BOOK } from '../testing/rule-book.ts';
import { kindsOf, only, synth } from '../testing/synth.ts';
import { WebApp, type Scale, type WebAppProps } from './web-app.ts';

const SHOP: WebAppProps = { name: 'shop', image: 'shop:1', scale: { kind: 'fixed', replicas: 3 } };

function render(props: Partial<WebAppProps> = {}, id = 'App'): readonly Manifest[] {
  return synth((scope) => new WebApp(scope, id, { ...SHOP, ...props }));
}

const scale = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), replicas: fc.integer({ min: 0, max: 9 }) }),
  fc.constant<Scale>({ kind: 'release' }),
  fc.constant<Scale>({ kind: 'autoscaler' }),
);

const someProps: fc.Arbitrary<WebAppProps> = fc.record(
  {
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/),
    image: fc.stringMatching(/^[a-z]{1,9}(\/[a-z]{1,9})?:[0-9]\.[0-9]$/),
    scale,
    drainSeconds: fc.integer({ min: 0, max: 60 }),
    closeSeconds: fc.integer({ min: 1, max: 60 }),
    selectsPods: fc.boolean(),
    databaseSecret: fc.constant('db'),
  },
  { requiredKeys: ['name', 'image', 'scale'] },
);

describe('a web app', () => {
  it('keeps every rule, whatever it is called and told', () => {
    fc.assert(
      fc.property(someProps, (props) => {
        const objects = render(props);
        expect(Object.values(RULE_BOOK).flatMap((rule) => rule(objects))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('is killed only after it had time to drain and close', () => {
    fc.assert(
      fc.property(someProps, (props) => {
        const [template] = podTemplates(render(props));
        const variables = template?.spec.containers[0]?.env ?? [];
        const ms = (wanted: string) => Number(variables.find(({ name }) => name === wanted)?.value);
        const grace = (template?.spec.terminationGracePeriodSeconds ?? 0) * 1000;
        expect(grace).toBeGreaterThan(ms('DRAIN_MS') + ms('CLOSE_TIMEOUT_MS'));
      }),
      { numRuns: 60 },
    );
  });

  it('serves where it is told, with the pages that it has, and is given time by the kubelet', () => {
    const serving = { port: 3000, metricsPort: 3000, ready: '/healthz', live: 'port', drains: 'kubelet' } as const;
    const objects = render({ serving, drainSeconds: 7 });
    expect(only(objects, 'Service')['spec']).toMatchObject({ ports: [{ port: 80, targetPort: 3000 }] });
    const [template] = podTemplates(objects);
    const [container] = template?.spec.containers ?? [];
    expect(container).toMatchObject({
      ports: [{ name: 'http', containerPort: 3000 }],
      readinessProbe: { httpGet: { path: '/healthz', port: 3000 } },
      livenessProbe: { tcpSocket: { port: 3000 } },
      lifecycle: { preStop: { exec: { command: ['sleep', '7'] } } },
    });
    expect(container?.env).toBeUndefined();
    expect(template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(7);
  });

  it('does not depend on what its construct is called', () => {
    expect(render({}, 'Renamed')).toEqual(render());
  });

  it('states the replicas it was told, 0 for a release, none for an autoscaler', () => {
    const replicas = (of: Scale) => (only(render({ scale: of }), 'Deployment')['spec'] as { replicas?: number }).replicas;
    expect(replicas({ kind: 'fixed', replicas: 3 })).toBe(3);
    expect(replicas({ kind: 'release' })).toBe(0);
    expect(replicas({ kind: 'autoscaler' })).toBeUndefined();
  });

  it('has a budget unless it has a single pod, whose node could never be drained', () => {
    const kinds = (of: Scale) => kindsOf(render({ scale: of }));
    expect(kinds({ kind: 'fixed', replicas: 2 })).toContain('PodDisruptionBudget');
    expect(kinds({ kind: 'release' })).toContain('PodDisruptionBudget');
    expect(kinds({ kind: 'fixed', replicas: 1 })).not.toContain('PodDisruptionBudget');
  });

  it('leaves the selector of its Service to the operator when told so', () => {
    const selector = (selectsPods: boolean) =>
      (only(render({ selectsPods }), 'Service')['spec'] as { selector?: object }).selector;
    expect(selector(false)).toBeUndefined();
    expect(selector(true)).toEqual({ 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/component': 'web' });
  });

  it('names the ports that probes and checks look for', () => {
    const ports = podTemplates(render())[0]?.spec.containers[0]?.ports;
    expect(ports).toEqual([
      { name: 'http', containerPort: 8080 },
      { name: 'metrics', containerPort: 9090 },
    ]);
  });

  it('spreads the pods of each revision by itself', () => {
    const spread = podTemplates(render())[0]?.spec.topologySpreadConstraints;
    expect(spread).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', matchLabelKeys: ['pod-template-hash'] },
    ]);
  });

  it('reads the password from a file, so that a new one needs no restart', () => {
    const [template] = podTemplates(render({ databaseSecret: 'db' }));
    const [container] = template?.spec.containers ?? [];
    const file = container?.env?.find(({ name }) => name === 'PGPASSWORD_FILE')?.value;
    const mount = container?.volumeMounts?.find(({ name }) => name === 'database-password');
    expect(file).toBe(`${mount?.mountPath}/password`);
  });

  it('mounts Secrets and volumes in the folders it is told', () => {
    const folders = { secretFolders: { '/run/secrets/tokens': 'tokens' }, claimFolders: { '/uploads': 'files' } };
    const [template] = podTemplates(render(folders));
    expect(template?.spec.containers[0]?.volumeMounts).toEqual(
      expect.arrayContaining([
        { mountPath: '/run/secrets/tokens', name: 'tokens', readOnly: true },
        { mountPath: '/uploads', name: 'files' },
      ]),
    );
    expect(template?.spec.volumes).toEqual(
      expect.arrayContaining([
        { name: 'tokens', secret: { secretName: 'tokens', defaultMode: 0o440 } },
        { name: 'files', persistentVolumeClaim: { claimName: 'files', readOnly: false } },
      ]),
    );
  });

  it('has an Ingress with a certificate when asked for', () => {
    const objects = render({ ingress: { host: 'shop.test', className: 'web', tls: { kind: 'existing', secret: 'shop-tls' } } });
    expect(only(objects, 'Ingress')['spec']).toEqual({
      ingressClassName: 'web',
      tls: [{ hosts: ['shop.test'], secretName: 'shop-tls' }],
      rules: [
        {
          host: 'shop.test',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 80 } } } },
            ],
          },
        },
      ],
    });
  });
});
