import { describe, expect, it } from '@jest/globals';
import { hstsFilter, httpRouteSpec } from './http-route.ts';
import { only, synth } from '../testing/synth.ts';
import type { Tls } from './tls.ts';
import { httpsListeners, WebGateway, type WebGatewayProps } from './web-gateway.ts';
import { WebApp } from './web-app.ts';

const ISSUER = { name: 'letsencrypt' };
const ANNOTATION: Tls = { kind: 'annotation', secret: 'shop-tls', issuer: ISSUER };
const PROPS: WebGatewayProps = { name: 'shop', className: 'envoy', hosts: ['shop.test'], tls: ANNOTATION };

const render = (props: Partial<WebGatewayProps> = {}) =>
  synth((scope) => new WebGateway(scope, 'Gateway', { ...PROPS, ...props }));
const behindIngress = (tls: Tls) =>
  synth((scope) => {
    const scale = { kind: 'fixed', replicas: 2 } as const;
    new WebApp(scope, 'App', { name: 'shop', image: 'shop:1.0.0', scale, ingress: { host: 'shop.test', tls } });
  });

describe('a Gateway', () => {
  it('S7: answers HTTP with 308 to the same address by HTTPS', () => {
    expect(only(render(), 'HTTPRoute')['spec']).toEqual({
      parentRefs: [{ name: 'shop', sectionName: 'http' }],
      hostnames: ['shop.test'],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 308 } }] }],
    });
  });

  it('S7: terminates TLS for each host with the certificate', () => {
    const hosts = ['shop.test', 'www.shop.test'];
    const { listeners } = only(render({ hosts }), 'Gateway')['spec'] as { listeners: object[] };
    expect(listeners).toMatchObject([
      { name: 'http', port: 80, protocol: 'HTTP' },
      { name: 'https', port: 443, protocol: 'HTTPS', hostname: 'shop.test' },
      { name: 'https-2', port: 443, protocol: 'HTTPS', hostname: 'www.shop.test' },
    ]);
    expect(listeners.slice(1)).toEqual(
      hosts.map(() =>
        expect.objectContaining({ tls: { mode: 'Terminate', certificateRefs: [{ name: 'shop-tls' }] } }),
      ),
    );
    expect(httpsListeners(hosts)).toEqual(['https', 'https-2']);
  });

  it('S7: tells browsers to use HTTPS only, on the route of its HTTPS listener', () => {
    const gateway = { name: 'shop', namespace: 'shop' };
    const route = { gateway, listeners: ['https'], hostnames: ['shop.test'], service: 'shop' };
    expect(httpRouteSpec({ ...route, hsts: {} })).toEqual({
      parentRefs: [{ ...gateway, sectionName: 'https' }],
      hostnames: ['shop.test'],
      rules: [
        {
          filters: [
            {
              type: 'ResponseHeaderModifier',
              responseHeaderModifier: {
                set: [{ name: 'Strict-Transport-Security', value: 'max-age=31536000; includeSubDomains' }],
              },
            },
          ],
          backendRefs: [{ name: 'shop', port: 80 }],
        },
      ],
    });
    const short = hstsFilter({ maxAgeSeconds: 60, includeSubDomains: false });
    expect(JSON.stringify(short)).toContain('"max-age=60"');
  });
});

describe('a certificate', () => {
  const RENDERERS = { 'a Gateway': (tls: Tls) => render({ tls }), 'an Ingress': behindIngress };

  describe.each(Object.entries(RENDERERS))('of %s', (kind, rendered) => {
    const terminates = (tls: Tls) => only(rendered(tls), kind.split(' ')[1] ?? '').metadata as object;

    it('S7: is asked for by an annotation', () => {
      expect(terminates(ANNOTATION)).toMatchObject({
        annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt' },
      });
      expect(terminates({ ...ANNOTATION, issuer: { kind: 'Issuer', name: 'own' } })).toMatchObject({
        annotations: { 'cert-manager.io/issuer': 'own' },
      });
    });

    it('S7: or by a Certificate beside it', () => {
      const objects = rendered({ kind: 'certificate', secret: 'shop-tls', issuer: ISSUER });
      expect(only(objects, 'Certificate')['spec']).toEqual({
        secretName: 'shop-tls',
        dnsNames: ['shop.test'],
        issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'letsencrypt' },
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      });
      expect(terminates({ kind: 'certificate', secret: 'shop-tls', issuer: ISSUER })).not.toHaveProperty('annotations');
    });

    it('S7: or is somebody else\'s', () => {
      const tls: Tls = { kind: 'existing', secret: 'shop-tls' };
      expect(rendered(tls).map((object) => object.kind)).not.toContain('Certificate');
      expect(terminates(tls)).not.toHaveProperty('annotations');
    });

    it.each([{ name: '' }, { name: ' ' }, undefined])('S7: that nobody issues is not rendered (%j)', (issuer) => {
      const tls = { ...ANNOTATION, issuer } as Tls;
      expect(() => rendered(tls)).toThrow(
        /tls\.issuer: nobody issues the certificate in Secret shop-tls\. Name a ClusterIssuer or Issuer/,
      );
      expect(() => rendered({ ...tls, kind: 'certificate' } as Tls)).toThrow(/tls\.issuer/);
    });
  });
});
