import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createGatewayAccess } from './gateway-access.ts';
import {
  type GatewayAccess,
  type GatewaySeen,
  type GatewaySpec,
  sampleGateway,
  seenAfter,
} from './sample-gateway.ts';

const PAGE = readFileSync(
  new URL('../metrics/gateway/fixtures/traefik.txt', import.meta.url),
  'utf8',
);
const RELEASE = { namespace: 'bank', name: 'ledger', route: 'ledger' };
const SPEC = { provider: 'traefik', address: 'proxies.gateway:8081' } as const;

type Pages = Readonly<Record<string, string | undefined>>;

const access = (pages: Pages): GatewayAccess => ({
  resolve: async () => Object.keys(pages),
  async fetch({ address, path, port }) {
    const page = pages[address];
    if (page === undefined || port !== 8081 || path !== '/metrics') throw new Error('no answer');
    return page;
  },
});
const look = (pages: Pages, gateway: GatewaySpec = SPEC) =>
  sampleGateway(access(pages), { gateway, release: RELEASE, known: [] });

describe('a look at a gateway', () => {
  it('gives what each proxy counted of both versions', async () => {
    const { proxies, samples, trouble } = await look({ '10.0.0.2': PAGE, '10.0.0.1': PAGE });
    expect(trouble).toBeUndefined();
    expect(proxies).toEqual(['10.0.0.1', '10.0.0.2']);
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

  it.each([
    ['does not answer', undefined, 'no answer'],
    ['gives half a page', PAGE.slice(0, -3), 'ends in the middle of a line'],
  ])('takes a proxy that %s for a failed reading of both', async (_what, page, why) => {
    const { samples, trouble } = await look({ '10.0.0.1': PAGE, '10.0.0.2': page });
    expect(samples.filter(({ kind }) => kind === 'failed').map(({ arm }) => arm)).toEqual([
      'stable',
      'canary',
    ]);
    expect(trouble).toMatchObject({ reason: 'GatewayUnavailable' });
    expect(trouble?.message).toContain('1 of 2 proxies cannot be read');
    expect(trouble?.message).toContain(why);
  });

  it('says what is missing where nothing is counted per backend, and decides nothing', async () => {
    const byRule = readFileSync(
      new URL('../metrics/gateway/fixtures/envoy-gateway-by-rule.txt', import.meta.url),
      'utf8',
    );
    const envoy = { ...SPEC, provider: 'envoyGateway', path: '/metrics' } as const;
    const { samples, trouble } = await look({ '10.0.0.1': byRule }, envoy);
    expect(trouble).toMatchObject({ reason: 'GatewayNotPerBackend' });
    expect(trouble?.message).toContain('mergeBackends');
    expect(samples.every(({ kind }) => kind === 'uncounted')).toBe(true);
  });

  it('is not troubled by a proxy that serves others', async () => {
    const { samples, trouble } = await look({ '10.0.0.1': PAGE, '10.0.0.2': '' });
    expect(trouble).toBeUndefined();
    expect(samples.map(({ kind }) => kind)).toEqual([
      'counted',
      'counted',
      'uncounted',
      'uncounted',
    ]);
  });

  it('reads so many proxies and no more, and says so', async () => {
    const many = Array.from({ length: 20 }, (_, at) => [`10.0.0.${100 + at}`, PAGE] as const);
    const { samples, trouble } = await look(Object.fromEntries(many));
    expect(samples.length).toBe(32);
    expect(trouble?.message).toContain('16 of 20 proxies are read');
  });

  it('lets both versions wait while the name cannot be resolved', async () => {
    const lost = { ...access({}), resolve: () => Promise.reject(new Error('no such name')) };
    const known = ['10.0.0.1'];
    const found = await sampleGateway(lost, { gateway: SPEC, release: RELEASE, known });
    expect(found.proxies).toEqual(known);
    expect(found.samples.map(({ arm, kind }) => `${arm} ${kind}`)).toEqual([
      'stable failed',
      'canary failed',
    ]);
    expect(found.trouble).toEqual({ reason: 'GatewayUnavailable', message: 'no such name' });
  });
});

describe('what people are told of the looks', () => {
  const trouble = { reason: 'GatewayUnavailable', message: 'no answer' } as const;
  const [good, bad] = [{ samples: [], proxies: [] }, { samples: [], proxies: [], trouble }];
  const after = (...looks: readonly (typeof good | typeof bad)[]) => {
    let seen: GatewaySeen | undefined;
    for (const look of looks) seen = seenAfter(seen, look);
    return seen?.told;
  };

  it('is trouble that lasts, and none that passes', () => {
    expect(after(bad, bad)).toBeUndefined();
    expect(after(bad, bad, bad)).toEqual({ kind: 'trouble', ...trouble });
    expect(after(good, bad, bad, good, bad, bad)).toEqual({ kind: 'counts' });
    expect(after(bad, bad, bad, good)).toEqual({ kind: 'counts' });
  });
});

describe('the way to the proxies', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  const told = async (address: string) => {
    const at = { gateway: { ...SPEC, address }, release: RELEASE, known: [] };
    const { samples, trouble } = await sampleGateway(createGatewayAccess('refused'), at);
    expect(samples).toEqual([]);
    return trouble?.message;
  };

  it.each([
    ['127.0.0.1:8081', /own machine/],
    ['localhost:8081', /own machine/],
    ['[::1]:8081', /own machine/],
    ['169.254.169.254:80', /link-local/],
    ['[fe80::1]:80', /link-local/],
    ['nobody.invalid:80', /nobody\.invalid cannot be resolved/],
  ])('names the field where %s leads nowhere, or to the operator itself', async (address, why) => {
    const message = await told(address);
    expect(message).toMatch(/^spec\.checks\.gateway\.address: /);
    expect(message).toMatch(why);
  });

  it('follows no redirect, and takes no page but a good one', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/metrics' }).end();
      else if (request.url === '/large') response.end('x'.repeat(9 * 1024 * 1024));
      else response.end(PAGE);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    ends.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { fetch, resolve } = createGatewayAccess('allowed');
    expect(await resolve('127.0.0.1')).toEqual(['127.0.0.1']);
    const page = (path: string) => fetch({ address: '127.0.0.1', port, path });
    expect(await page('/metrics')).toBe(PAGE);
    await expect(page('/moved')).rejects.toThrow('it answers 302');
    await expect(page('/large')).rejects.toThrow('larger than 8192 KiB');
  });
});
