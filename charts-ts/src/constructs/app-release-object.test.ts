import { describe, expect, it } from '@jest/globals';
import { only, synth } from '../testing/synth.ts';
import { AppReleaseObject, type AppReleaseObjectProps } from './app-release-object.ts';
import { HttpRoute, httpRouteSpec } from './http-route.ts';

const SPEC = { workloadRef: { name: 'shop' }, strategy: { canary: { steps: [{ weight: 20 }] } } };

function render(props: Partial<AppReleaseObjectProps> = {}) {
  const objects = synth((scope) => new AppReleaseObject(scope, 'Release', { name: 'shop', spec: SPEC, ...props }));
  return only(objects, 'AppRelease');
}

describe('an AppRelease', () => {
  it('is rendered as written, without the defaults', () => {
    expect(render()['spec']).toEqual(SPEC);
  });

  it('is given to an instance by its label', () => {
    expect(render({ instance: 'second' }).metadata.labels).toMatchObject({ 'slipway.dev/instance': 'second' });
    expect(render().metadata.labels ?? {}).not.toHaveProperty('slipway.dev/instance');
  });

  it('that makes no sense is not rendered, and the field is named', () => {
    const steps = [{ weight: 50 }, { weight: 20 }];
    expect(() => render({ spec: { ...SPEC, strategy: { canary: { steps } } } })).toThrow(
      /test\/Release: spec\.strategy\.canary\.steps: the weights of the steps must not fall/,
    );
  });

  it('with a name too long for its Services is not rendered', () => {
    expect(() => render({ name: 'a'.repeat(53) })).toThrow(/metadata\.name/);
    expect(render({ name: 'a'.repeat(52) }).metadata.name).toHaveLength(52);
  });
});

describe('an HTTPRoute', () => {
  const props = { gateway: { name: 'web', namespace: 'gateways' }, hostnames: ['shop.test'], service: 'shop' };

  it('sends everything for its hosts to one Service', () => {
    const objects = synth((scope) => new HttpRoute(scope, 'Route', { ...props, name: 'shop' }));
    expect(only(objects, 'HTTPRoute')['spec']).toEqual({
      parentRefs: [{ name: 'web', namespace: 'gateways' }],
      hostnames: ['shop.test'],
      rules: [{ backendRefs: [{ name: 'shop', port: 80 }] }],
    });
  });

  it('states no weights: those are the operator\'s', () => {
    expect(JSON.stringify(httpRouteSpec(props))).not.toContain('weight');
  });
});
