// What every gateway codec must do. Each fixture was recorded at a real proxy (Envoy 1.40 under Envoy
// Gateway 1.9.1, Traefik 3.7.10) that sent 950 requests to stable, 3 of them failed, and 50 to the
// canary: one was answered with 500, four were broken off. Beside them, 20 failed ones each for
// ledger-canary-two in the same namespace, and for ledger-canary in the namespaces shop and x-bank.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Backend, type GatewayProvider, readGateway } from './gateway-codec.ts';
import { GATEWAY_CODECS } from './gateway-codecs.ts';

const backendsOf = (namespace: string, release: string) => {
  const backend = (role: string): Backend => ({
    namespace,
    route: release,
    service: `${release}-${role}`,
  });
  return { stable: backend('stable'), canary: backend('canary') };
};
const BACKENDS = backendsOf('bank', 'ledger');
const FIXTURES: Readonly<Record<GatewayProvider, string>> = {
  envoyGateway: 'envoy-gateway.txt',
  traefik: 'traefik.txt',
};

const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

describe.each(Object.entries(GATEWAY_CODECS))('%s', (provider, codec) => {
  const page = fixture(FIXTURES[provider as GatewayProvider]);
  const without = (part: string): string =>
    page.split('\n').filter((line) => !line.includes(part)).join('\n');

  it('counts the requests of both, and those that failed, and of nobody else', () => {
    expect(readGateway(page, codec, BACKENDS)).toEqual({
      kind: 'counted',
      stable: { requests: 950, errors: 3 },
      canary: { requests: 50, errors: 5 },
    });
  });

  it('takes a backend that nobody asked yet for zero beside the other', () => {
    const quiet = without(provider === 'traefik' ? '-svc-bank-ledger-canary-0' : '/ledger-canary/');
    expect(readGateway(quiet, codec, BACKENDS)).toMatchObject({
      stable: { requests: 950, errors: 3 },
      canary: { requests: 0, errors: 0 },
    });
  });

  it('says so where nothing is counted per backend', () => {
    expect(readGateway('', codec, BACKENDS)).toEqual({ kind: 'notPerBackend' });
    expect(readGateway(fixture('envoy-gateway-by-rule.txt'), codec, BACKENDS)).toEqual({
      kind: 'notPerBackend',
    });
  });

  it.each([
    ['another release', 'bank', 'other'],
    ['the end of another namespace', 'nk', 'ledger'],
    ['the beginning of another namespace', 'x', 'bank-ledger-two'],
    ['the beginning of another release', 'bank', 'ledger-canary'],
    ['a part of a name', 'bank', 'edger'],
  ])('does not take %s for its own', (_what, namespace, release) => {
    expect(readGateway(page, codec, backendsOf(namespace, release))).toEqual({
      kind: 'notPerBackend',
    });
  });

  it('counts each namespace for itself', () => {
    expect(readGateway(page, codec, backendsOf('x-bank', 'ledger'))).toMatchObject({
      stable: { requests: 0 },
      canary: { requests: 20, errors: 20 },
    });
  });

  it('refuses a value that is no count, and a page that was cut off', () => {
    for (const bad of ['-50', 'NaN', '+Inf']) {
      const reading = readGateway(page.replaceAll(/ (?:50|45)$/gm, ` ${bad}`), codec, BACKENDS);
      const requests = reading.kind === 'counted' ? reading.canary.requests : 0;
      expect(Number.isFinite(requests)).toBe(false);
    }
    expect(readGateway(page.slice(0, -3), codec, BACKENDS)).toEqual({
      kind: 'unreadable',
      why: 'the metrics page ends in the middle of a line',
    });
  });

  it('survives any page, and any page that looks like its own', () => {
    const lines = page.split('\n');
    const odd = fc.oneof(fc.constantFrom(...lines), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 12 }), fc.nat(200), (chosen, cut) => {
        const text = chosen.join('\n').slice(cut);
        expect(readGateway(`${text}\n`, codec, BACKENDS).kind).toMatch(
          /^(?:counted|notPerBackend|unreadable)$/,
        );
      }),
    );
  });
});

describe('an Envoy that was just told of a backend', () => {
  it('shows it with nothing counted, which is not the same as not counting', () => {
    const page = 'envoy_cluster_upstream_rq_completed{envoy_cluster_name="service/bank/ledger-stable/80/http"} 0\n';
    expect(readGateway(page, GATEWAY_CODECS.envoyGateway, BACKENDS)).toEqual({
      kind: 'counted',
      stable: { requests: 0, errors: 0 },
      canary: { requests: 0, errors: 0 },
    });
  });
});
