import { describe, expect, it } from '@jest/globals';
import { isRouteCurrent, renderReleased, renderRoute, routeNamesOf } from './gateway-api.ts';
import { pinRules } from './pin-rules.ts';

const WANTED = {
  parentRefs: [{ name: 'public' }],
  rules: [
    { matches: [{ path: { value: '/api' } }], backendRefs: [{ name: 'bank', port: 80 }] },
    { backendRefs: [{ name: 'bank', port: 80 }, { name: 'old', port: 80 }] },
    { backendRefs: [{ name: 'bank', port: 81, filters: [{ type: 'RequestMirror' }] }] },
  ],
};
const release = { name: 'ledger', uid: 'u-1' };
const traffic = { service: 'bank', gateway: { route: WANTED }, settleSeconds: 3 };
const checksOf = (provider: 'envoyGateway' | 'traefik') =>
  ({ gateway: { provider, address: 'proxies:1' } }) as never;

describe('the rules that pin both Services', () => {
  const pinned = routeNamesOf(release, { traffic, checks: checksOf('envoyGateway') });

  it('come after the rules of users, one for each Service and port, reached by nobody', () => {
    const { rules } = renderRoute(WANTED, pinned, 0) as { rules: object[] };
    const rule = (name: string, port: number) => ({
      matches: [{ headers: [{ name: 'x-slipway-pin', value: `u-1-${name}-${port}` }] }],
      backendRefs: [{ name, port }],
    });
    expect(rules.slice(WANTED.rules.length)).toEqual([
      rule('ledger-stable', 80),
      rule('ledger-canary', 80),
      rule('ledger-stable', 81),
      rule('ledger-canary', 81),
    ]);
  });

  it('belong to a current route, and are not left behind with it', () => {
    const live = renderRoute(WANTED, pinned, 20);
    expect(isRouteCurrent(live, WANTED, pinned)).toBe(true);
    const unpinned = routeNamesOf(release, { traffic });
    expect(isRouteCurrent(live, WANTED, unpinned)).toBe(false);
    expect(isRouteCurrent(renderRoute(WANTED, unpinned, 20), WANTED, pinned)).toBe(false);
    expect(renderReleased(WANTED)).toEqual(WANTED);
  });

  it('are there only where an Envoy Gateway counts for a route of our own', () => {
    const byRef = { ...traffic, gateway: { routeRef: { name: 'shop', rule: 'main' } } };
    expect(routeNamesOf(release, { traffic, checks: checksOf('traefik') }).pin).toBeUndefined();
    expect(
      routeNamesOf(release, { traffic: byRef, checks: checksOf('envoyGateway') }).pin,
    ).toBeUndefined();
    expect(pinRules([{ backendRefs: [{ name: 'other' }] }, {}], 'ledger', 'u-1')).toEqual([]);
  });
});
