// What is seen of the traffic of a release whose surroundings are not as they should be.
import { describe, expect, it } from '@jest/globals';
import { POD_TEMPLATE_HASH } from '../../api/labels.ts';
import { parseSpec } from '../../api/parse.ts';
import { renderRoute } from '../../traffic/gateway-api.ts';
import { observeTraffic } from './traffic.ts';
import type { ReleaseObject, RouteObject, ServiceObject } from '../projections.ts';
import type { RouteCache, Store } from '../store.ts';

const ROUTE = {
  parentRefs: [{ name: 'web' }],
  rules: [{ backendRefs: [{ name: 'shop', port: 80 }] }],
};
const OWNER = { kind: 'AppRelease', name: 'shop', uid: 'release' };
const base = (name: string) => ({ namespace: 'bank', name, uid: name, resourceVersion: '1' });
const RELEASE = { ...base('shop'), uid: 'release' } as ReleaseObject;

const service = (role: string, hash: string): ServiceObject => ({
  ...base(`shop-${role}`),
  owner: OWNER,
  isLetGo: false,
  spec: { selector: { [POD_TEMPLATE_HASH]: hash } },
  selectorOwners: [],
});

function observe(gateway: object, services: readonly ServiceObject[]) {
  const route = {
    ...base('shop'),
    owner: OWNER,
    generation: 1,
    isLetGo: false,
    spec: renderRoute(ROUTE, { release: 'shop', service: 'shop' }, 50),
    status: {},
  } as RouteObject;
  const routes = { kind: 'filled', cache: { get: () => route } } as unknown as RouteCache;
  const store = {
    services: { get: (_ns: string, name: string) => services.find((one) => one.name === name) },
    endpointSlices: { byIndex: () => [] },
    routes: () => routes,
  } as unknown as Store;
  const spec = parseSpec({
    template: {},
    strategy: { canary: { steps: [{ weight: 50 }] } },
    traffic: { service: 'shop', ...gateway },
  });
  if (spec.kind === 'invalid') throw new Error(JSON.stringify(spec.violations));
  return observeTraffic(store, RELEASE, spec.value)?.view;
}

describe('the Service of the application is missing', () => {
  it('and the router that splits without it is seen', () => {
    const pair = [service('stable', 'a'), service('canary', 'b')];
    const seen = observe({ gateway: { route: ROUTE } }, pair);
    expect(seen).toMatchObject({
      kind: 'blocked',
      reason: 'ServiceNotFound',
      behind: {
        stable: { isCurrent: true, hash: 'a' },
        canary: { isCurrent: true, hash: 'b' },
        route: { weight: 50, isCurrent: true },
      },
    });
  });

  it.each([
    ['with half of the pair', { gateway: { route: ROUTE } }, [service('stable', 'a')]],
    ['without a router', {}, []],
  ])('and nothing is known of a router: %s', (_name, gateway, services) => {
    const seen = observe(gateway, services);
    expect(seen).toMatchObject({ kind: 'blocked', reason: 'ServiceNotFound' });
    expect(seen).not.toHaveProperty('behind');
  });
});
