import { describe, expect, it } from '@jest/globals';
import { RULE_BOOK } from '../testing/rule-book.ts';
import { only, synth } from '../testing/synth.ts';
import { AppMonitor } from './app-monitor.ts';
import { AppService, type ServicePort } from './app-service.ts';
import { Autoscaler } from './autoscaler.ts';
import { DefaultDeny, NetworkRules, type Flow } from './network-rules.ts';

const rules = (egress: readonly Flow[]) =>
  synth((scope) => new NetworkRules(scope, 'Rules', { name: 'shop', selects: { app: 'shop' }, egress }));

describe('network rules', () => {
  it('refuse everything by default, and say so once', () => {
    const objects = synth((scope) => new DefaultDeny(scope, 'Deny'));
    expect(only(objects, 'NetworkPolicy')['spec']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('are one policy for each flow, by its name', () => {
    const peer = { kind: 'namespace', name: 'cache' } as const;
    const objects = rules([{ name: 'redis', peer, port: 6379 }]);
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['shop-to-redis', 'shop-to-dns']);
    expect(objects[0]?.['spec']).toEqual({
      podSelector: { matchLabels: { app: 'shop' } },
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'cache' } } }],
          ports: [{ port: 6379, protocol: 'TCP' }],
        },
      ],
    });
  });

  it.each([[['0.0.0.0/0']], [['10.0.0.0/8', '::/0']], [[]]])('to %j are none', (cidrs) => {
    expect(() => rules([{ name: 'api', peer: { kind: 'addresses', cidrs }, port: 443 }])).toThrow(
      /Rules: flow api: .* is everybody\. Name the range that it is in/,
    );
  });
});

describe('an autoscaler', () => {
  it('may scale a Deployment that no release runs, by memory too', () => {
    const objects = synth(
      (scope) =>
        new Autoscaler(scope, 'Scaler', {
          name: 'shop',
          target: { kind: 'Deployment', name: 'shop' },
          maxReplicas: 4,
          memoryPercent: 80,
        }),
    );
    expect(only(objects, 'HorizontalPodAutoscaler')['spec']).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
      minReplicas: 2,
      metrics: [{ resource: { name: 'cpu' } }, { resource: { name: 'memory' } }],
    });
  });
});

describe('a monitor', () => {
  const identity = { name: 'shop', component: 'web' };
  const objects = synth((scope) => new AppMonitor(scope, 'Monitor', { identity, labels: { team: 'shop' } }));

  it('S10: scrapes all pods of an app, those of the canary too, and tells the revisions apart', () => {
    expect(only(objects, 'Service')['spec']).toEqual({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/component': 'web' },
      ports: [{ name: 'metrics', port: 9090, targetPort: 9090 }],
    });
    const monitor = only(objects, 'ServiceMonitor');
    expect(monitor.metadata.labels).toMatchObject({ team: 'shop' });
    expect(monitor['spec']).toEqual({
      selector: { matchLabels: only(objects, 'Service').metadata.labels },
      podTargetLabels: ['pod-template-hash'],
      endpoints: [{ port: 'metrics', path: '/metrics', interval: '15s' }],
    });
    expect(RULE_BOOK.noEmptyLists(objects)).toEqual([]);
  });
});

describe('a Service', () => {
  const service = (ports: readonly ServicePort[]) =>
    synth((scope) => new AppService(scope, 'Service', { name: 'admin', selects: { app: 'shop' }, ports }));

  it('leads to pods by number or by name of their port', () => {
    const objects = service([
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'admin', port: 8443 },
    ]);
    expect(only(objects, 'Service')['spec']).toEqual({
      selector: { app: 'shop' },
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        { name: 'admin', port: 8443, targetPort: 8443 },
      ],
    });
  });

  it.each<readonly [readonly ServicePort[], RegExp]>([
    [[], /ports: there is none/],
    [[{ name: 'a', port: 80 }, { name: 'a', port: 81 }], /ports: two have the same name/],
    [[{ name: 'a', port: 80 }, { name: 'b', port: 80 }], /ports: two have the same port/],
  ])('is refused with the ports %j', (ports, want) => {
    expect(() => service(ports)).toThrow(want);
  });
});
