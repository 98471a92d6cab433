// The service of docs/guide/first-canary.md, as it is printed there: what the manifests rely on.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { markedBlocks } from '../../tools/docs/pages.ts';
import { startProgram, statusOf, stopPrograms, waitFor } from './programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-guide-'));
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
});
afterEach(async () => {
  await stopPrograms();
  rmSync(folder, { recursive: true, force: true });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

it('the service of the guide is ready, counts its requests by route and code, and ends well', async () => {
  const [server] = markedBlocks('docs/guide/first-canary.md', 'js');
  writeFileSync(join(folder, 'server.mjs'), server?.text ?? '');
  const [port, metricsPort] = [await freePort(), await freePort()];
  const running = startProgram(join(folder, 'server.mjs'), {
    cwd: folder,
    env: { PORT: String(port), METRICS_PORT: String(metricsPort) },
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => ((await statusOf(`${url}/healthz`)) === 200 ? true : undefined);
  await waitFor('the service', isReady, running);
  expect(await (await fetch(url)).json()).toEqual({ greeting: 'hello' });
  expect(await statusOf(`${url}/nowhere`)).toBe(404);
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(page).toContain('http_requests_total{route="/",code="200"} 1');
  expect(page).toContain('http_requests_total{route="none",code="404"} 1');
  running.signal('SIGTERM');
  await expect(running.ended).resolves.toMatchObject({ code: 0 });
});
