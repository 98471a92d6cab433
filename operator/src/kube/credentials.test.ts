import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { createManualClock } from '../lib/manual-clock.ts';
import { cachedCredentials, kubeconfigCredentials, serviceAccountCredentials } from './credentials.ts';
import { startFakeApiServer } from './testing/fake-api-server.ts';
import { PODS, pod } from './testing/pods.ts';
import { connect } from './connect.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

describe('credentials', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-credentials-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const kubeconfig = async (server: string, user: string): Promise<string> => {
    const path = join(folder, 'kubeconfig');
    await writeFile(
      path,
      `apiVersion: v1
kind: Config
current-context: test
contexts: [{ name: test, context: { cluster: test, user: me } }]
clusters: [{ name: test, cluster: { server: "${server}", insecure-skip-tls-verify: true } }]
users: [{ name: me, user: ${user} }]
`,
    );
    return path;
  };

  it('are read from the service account of the pod, as often as asked', async () => {
    await writeFile(join(folder, 'token'), 'first\n');
    await writeFile(join(folder, 'ca.crt'), 'certificate');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    const read = serviceAccountCredentials(folder, env);
    expect(await read()).toEqual({
      origin: 'https://[fd00::1]:6443',
      headers: { authorization: 'Bearer first' },
      tls: { ca: Buffer.from('certificate') },
    });
    await writeFile(join(folder, 'token'), 'second');
    expect((await read()).headers['authorization']).toBe('Bearer second');
  });

  it('say what is missing outside of a cluster', async () => {
    await expect(serviceAccountCredentials(folder, {})()).rejects.toThrow('no kubeconfig is named');
  });

  it('are read from a kubeconfig: token, password, certificate', async () => {
    const host = 'https://example.invalid:6443/';
    const token = await kubeconfigCredentials(await kubeconfig(host, '{ token: secret }'))();
    expect(token).toMatchObject({
      origin: 'https://example.invalid:6443',
      headers: { authorization: 'Bearer secret' },
      tls: { rejectUnauthorized: false },
    });
    const password = '{ username: me, password: pass }';
    const basic = await kubeconfigCredentials(await kubeconfig(host, password))();
    expect(basic.headers['authorization']).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
    const pem = Buffer.from('pem').toString('base64');
    const certificate = `{ client-certificate-data: ${pem}, client-key-data: ${pem} }`;
    const { tls } = await kubeconfigCredentials(await kubeconfig(host, certificate))();
    expect(tls).toMatchObject({ cert: Buffer.from('pem'), key: Buffer.from('pem') });
  });

  it('are read from a list of kubeconfigs', async () => {
    const first = join(folder, 'first');
    const names = 'clusters: []\ncontexts: []\nusers: []\n';
    await writeFile(first, `apiVersion: v1\nkind: Config\ncurrent-context: test\n${names}`);
    const second = await kubeconfig('https://example.invalid', '{ token: secret }');
    const access = await kubeconfigCredentials([first, second].join(delimiter))();
    expect(access.origin).toBe('https://example.invalid');
  });

  it('are read again when the kubeconfig was not there yet', async () => {
    const read = kubeconfigCredentials(join(folder, 'kubeconfig'));
    await expect(read()).rejects.toThrow('no such file');
    await kubeconfig('https://example.invalid', '{ token: secret }');
    expect((await read()).headers['authorization']).toBe('Bearer secret');
  });

  it('are kept for half a minute, and not when reading failed', async () => {
    const clock = createManualClock();
    let reads = 0;
    const { current, refresh } = cachedCredentials(async () => {
      reads += 1;
      if (reads === 1) throw new Error('not yet');
      return { origin: String(reads), headers: {}, tls: {} };
    }, clock);
    await expect(current()).rejects.toThrow('not yet');
    expect((await current()).origin).toBe('2');
    clock.advance(29_999);
    expect((await current()).origin).toBe('2');
    clock.advance(1);
    expect((await current()).origin).toBe('3');
    refresh();
    expect((await current()).origin).toBe('4');
  });

  it('lead to the server when connecting by a kubeconfig', async () => {
    const server = await startFakeApiServer();
    server.store.put(PODS, pod('a', 'x'));
    const kubeconfigPath = await kubeconfig(server.origin, '{ token: secret }');
    const transport = connect({ kubeconfigPath, userAgent: 'slipway/test' });
    await expect(transport.request({ method: 'GET', path: '/api/v1/pods' })).resolves.toMatchObject({
      items: [{ metadata: { name: 'x' } }],
    });
    expect(server.calls[0]?.headers.authorization).toBe('Bearer secret');
    transport.close();
    await server.close();
  });
});
