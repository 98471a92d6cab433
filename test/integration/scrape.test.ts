// Metrics pages read through the API server's proxy to pods: a real API server, and a pretended pod
// whose address is that of a server of the test.
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { createFetchPage } from '../../operator/src/controller/fetch-page.ts';
import { POD } from '../../operator/src/controller/resources.ts';
import { err } from '../../operator/src/lib/result.ts';
import { connectTo } from './support/tier.ts';
import { useLabs, type Lab } from './support/lab.ts';

const openLab = useLabs();

const PAGE = 'http_requests_total{code="200"} 1\n';

/* The API server refuses to lead anybody to its own loopback. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('this test needs an IPv4 address besides 127.0.0.1');
  return found.address;
}

async function servePage(lab: Lab): Promise<{ readonly host: string; readonly port: number }> {
  const host = ownAddress();
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/metrics?all=1' ? 200 : 404).end(PAGE);
  });
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  lab.onEnd(() => void server.close());
  const address = server.address();
  return { host, port: typeof address === 'object' && address ? address.port : 0 };
}

/* On no node, so that nothing but the test gives it an address. */
async function podAt(lab: Lab, host: string): Promise<void> {
  const { client, namespace } = lab;
  await client.create(POD, {
    metadata: { namespace, name: 'page' },
    spec: { schedulerName: 'nobody', containers: [{ name: 'app', image: 'localhost/web:1' }] },
  });
  const status = { podIP: host, podIPs: [{ ip: host }] };
  const ref = { type: POD, namespace, name: 'page' };
  await client.mergePatch(ref, { status }, { subresource: 'status' });
}

describe('a page through the API server', () => {
  it('is read, and one that is not there is not', async () => {
    const lab = await openLab();
    const { host, port } = await servePage(lab);
    await podAt(lab, host);
    const through = connectTo(lab.tier, 'scrape-test');
    lab.onEnd(() => through.close());
    const fetchPage = createFetchPage({ through, readSecret: () => Promise.resolve(err('none')) });
    const pod = { namespace: lab.namespace, name: 'page' };
    expect(await fetchPage({ host: 'unused', port, path: '/metrics?all=1', pod })).toBe(PAGE);
    await expect(fetchPage({ host: 'unused', port, path: '/other', pod })).rejects.toThrow('404');
    const gone = { ...pod, name: 'gone' };
    await expect(fetchPage({ host: 'unused', port, path: '/metrics', pod: gone })).rejects.toThrow(
      '404',
    );
  });
});
