// What every gateway codec must do. Each fixture is one proxy that sent 950 requests to stable, 3 of
// them failed, and 50 to the canary, 5 of them failed, beside series of others.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { GATEWAY_CODECS, type GatewayProvider, readGateway } from './gateway-codec.ts';

const BACKENDS = {
  stable: { namespace: 'bank', service: 'ledger-stable' },
  canary: { namespace: 'bank', service: 'ledger-canary' },
};
const FIXTURES: Readonly<Record<GatewayProvider, string>> = {
  envoyGateway: 'envoy-gateway.txt',
  traefik: 'traefik.txt',
};

describe.each(Object.entries(GATEWAY_CODECS))('%s', (provider, codec) => {
  const file = FIXTURES[provider as GatewayProvider];
  const page = readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8');

  it('counts the requests of both, and those that failed, and of nobody else', () => {
    expect(readGateway(page, codec, BACKENDS)).toEqual({
      kind: 'counted',
      stable: { requests: 950, errors: 3 },
      canary: { requests: 50, errors: 5 },
    });
  });

  it('takes a backend that nobody asked yet for zero beside the other', () => {
    const quiet = page.split('\n').filter((line) => !line.includes('ledger-canary')).join('\n');
    expect(readGateway(quiet, codec, BACKENDS)).toMatchObject({ canary: { requests: 0, errors: 0 } });
  });

  it('says so where nothing is counted per backend', () => {
    const others = { stable: { namespace: 'x', service: 'y' }, canary: { namespace: 'x', service: 'z' } };
    expect(readGateway(page, codec, others)).toEqual({ kind: 'notPerBackend' });
    expect(readGateway('', codec, BACKENDS)).toEqual({ kind: 'notPerBackend' });
  });

  it('refuses a value that is no count', () => {
    const odd = page.replace(/ 45$/m, ' -45');
    const reading = readGateway(odd, codec, BACKENDS);
    expect(reading.kind === 'counted' ? reading.canary.requests : 0).toBeNaN();
  });

  it('survives any page', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readGateway(text, codec, BACKENDS).kind).toMatch(/^(?:notPerBackend|unreadable)$/);
      }),
    );
  });
});
