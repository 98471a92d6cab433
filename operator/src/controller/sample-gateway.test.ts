import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createGatewayAccess } from './gateway-access.ts';
import { type GatewayAccess, sampleGateway } from './sample-gateway.ts';

const PAGE = readFileSync(
  new URL('../metrics/gateway/fixtures/traefik.txt', import.meta.url),
  'utf8',
);
const RELEASE = { namespace: 'bank', name: 'ledger' };
const spec = { provider: 'traefik', address: 'proxies.gateway:8081' } as const;

const access = (pages: Readonly<Record<string, string | undefined>>): GatewayAccess => ({
  resolve: async () => Object.keys(pages),
  async fetch({ address, path, port }) {
    const page = pages[address];
    if (page === undefined || port !== 8081 || path !== '/metrics') throw new Error('no answer');
    return page;
  },
});

describe('a look at a gateway', () => {
  it('gives what each proxy counted of both versions', async () => {
    const { samples, trouble } = await sampleGateway(
      access({ '10.0.0.2': PAGE, '10.0.0.1': PAGE }),
      spec,
      RELEASE,
    );
    expect(trouble).toBeUndefined();
    expect(samples.map(({ podUid }) => podUid)).toEqual([
      'gateway/10.0.0.1/stable',
      'gateway/10.0.0.1/canary',
      'gateway/10.0.0.2/stable',
      'gateway/10.0.0.2/canary',
    ]);
    expect(samples[1]).toMatchObject({
      kind: 'counted',
      arm: 'canary',
      startedAfterRelease: false,
      counters: { requests: 50, errors: 5 },
    });
  });

  it('takes a proxy that does not answer for a failed reading of both', async () => {
    const { samples } = await sampleGateway(
      access({ '10.0.0.1': PAGE, '10.0.0.2': undefined }),
      spec,
      RELEASE,
    );
    expect(samples.filter(({ kind }) => kind === 'failed').map(({ arm }) => arm)).toEqual([
      'stable',
      'canary',
    ]);
  });

  it('says what is missing where nothing is counted per backend, and decides nothing', async () => {
    const envoy = { ...spec, provider: 'envoyGateway', path: '/metrics' } as const;
    const look = await sampleGateway(access({ '10.0.0.1': PAGE }), envoy, RELEASE);
    expect(look.trouble).toContain('mergeBackends');
    expect(look.samples.every(({ kind }) => kind === 'uncounted')).toBe(true);
  });

  it('names the field where the name leads nowhere, or to the operator itself', async () => {
    const real = createGatewayAccess('refused');
    const told = (address: string) => sampleGateway(real, { ...spec, address }, RELEASE);
    const { samples, trouble } = await told('127.0.0.1:8081');
    expect(samples).toEqual([]);
    expect(trouble).toMatch(/^spec\.checks\.gateway\.address: .*own machine/);
    expect((await told('169.254.169.254:80')).trouble).toMatch(/link-local/);
  });
});
