// What `kubectl slipway init` writes, applied as a person would; and the guide to a first canary,
// command by command.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEPLOYMENT } from '../../operator/src/controller/resources.ts';
import { record } from '../../operator/src/lib/json.ts';
import { markedBlocks } from '../../tools/docs/pages.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { playMetrics } from './support/metrics-pages.ts';
import { sharedTier } from './support/tier.ts';

const openLab = useLabs();
const repository = join(import.meta.dirname, '../..');

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/* A shell in an empty folder, with kubectl and the plugin, in a namespace. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-init-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function openShell(): (script: string) => Promise<Ended> {
  const { binaries, kubeconfigPath } = sharedTier();
  const kubeconfig = join(folder, '.kubeconfig');
  copyFileSync(kubeconfigPath, kubeconfig);
  const path = [
    join(repository, 'operator/src/cli'),
    dirname(binaries.kubectl),
    dirname(process.execPath),
    process.env['PATH'] ?? '',
  ].join(delimiter);
  const env = { PATH: path, KUBECONFIG: kubeconfig, HOME: folder };
  return (script) =>
    new Promise((resolve, reject) => {
      const child = spawn('sh', ['-euc', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (out += text));
      }
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out }));
    });
}

async function shellIn(lab: Lab) {
  const shell = openShell();
  await shell(`kubectl config set-context --current --namespace ${lab.namespace}`);
  return shell;
}

const ok = async (ended: Promise<Ended>): Promise<string> => {
  const { code, out } = await ended;
  expect({ code, out }).toEqual({ code: 0, out });
  return out;
};

/* A minute of watching is a second here. */
function hurry(...paths: readonly string[]): void {
  for (const path of paths) {
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/\bseconds: 60\b/g, 'seconds: 1'));
  }
}

/* Three releases and an npm install, on a machine that may be busy: 20 to 50 s. */
const GUIDE_TIMEOUT_MS = 240_000;

const INIT = 'kubectl slipway init --name web --image localhost/web:1.0.0 --port 8080 --metrics-port 9464';

describe('what init writes for a new application', () => {
  it.each([
    ['by share of pods', '', false],
    ['behind a gateway', '--host web.test --gateway gateways/public', true],
  ])('is applied and becomes Healthy, %s', async (_how, options, isRouted) => {
    const lab = await openLab();
    const shell = await shellIn(lab);
    if (isRouted) startGateway(lab);
    await lab.startOperator();
    await ok(shell(`${INIT} --health /healthz ${options}`));
    const applied = await ok(shell('kubectl apply -f deployment.yaml -f service.yaml -f release.yaml'));
    expect(applied).not.toMatch(/warning/i);
    await ok(shell('kubectl slipway wait web --timeout 60s'));
    expect(lab.world.pods().filter(({ isReady }) => isReady)).toHaveLength(4);
    expect(lab.status().phase).toBe('Healthy');
  });
});

describe('what init writes for a Deployment that is there', () => {
  it.each(['deploy.yaml', 'live'])('adopts its pods without touching one: %s', async (from) => {
    const lab = await openLab();
    const shell = await shellIn(lab);
    await lab.startOperator();
    await ok(shell(`${INIT}
      sed 's/replicas: 0/replicas: 2/' deployment.yaml > deploy.yaml
      kubectl apply -f deploy.yaml -f service.yaml
      kubectl rollout status deployment/web --timeout 60s`));
    const uids = lab.world.pods().map(({ uid }) => uid).toSorted();
    const said = await ok(shell(`kubectl slipway init --force --from-deployment ${from} --name web`));
    expect(said).toContain('wrote release.yaml');
    await ok(shell('kubectl apply -f release.yaml && kubectl slipway wait web --timeout 60s'));
    expect(lab.world.pods().map(({ uid }) => uid).toSorted()).toEqual(uids);
    await ok(shell(`kubectl wait --for=condition=Adopted apprelease/web --timeout 30s ||
      kubectl get apprelease web -o jsonpath='{.status.conditions}' | grep ReplicasOwnedElsewhere`));
  });
});

describe('the guide to a first canary', () => {
  const GUIDE = 'docs/guide/first-canary.md';
  const blocks = () =>
    markedBlocks(GUIDE, 'sh').filter(({ mark }) => mark.includes('test/integration/init.test.ts'));

  it('works as it is written, from the image to a rollback, and once more with charts-ts', async () => {
    const lab = await openLab('shop');
    const shell = openShell();
    const texts = blocks().map(({ text }) => text);
    const [init = '', first = '', canary = '', bad = '', charts = '', ...more] = texts;
    expect(more).toEqual([]);

    expect(await ok(shell(init))).toContain('wrote release.yaml');
    hurry('release.yaml');
    const versions = Object.fromEntries(
      ['1.0.0', '1.1.0', '1.2.0'].map((tag) => [tag, { requests: 200, errors: tag === '1.2.0' ? 0.2 : 0 }]),
    );
    await lab.startOperator({ fetchPage: playMetrics(() => lab, versions) });
    await ok(shell(first));
    expect(stableImage(lab)).toBe('registry.example/shop:1.0.0');

    expect(await ok(shell(canary))).toMatch(/shop {2}(?:Progressing|Healthy)/);
    expect(stableImage(lab)).toBe('registry.example/shop:1.1.0');
    const weights = lab.world.statuses.map(({ status }) => status.weight?.observed ?? 0);
    expect(weights).toEqual(expect.arrayContaining([25, 50]));

    expect(await ok(shell(bad))).toMatch(/RolledBack[\s\S]*ChecksFailed|ChecksFailed[\s\S]*RolledBack/);
    expect(stableImage(lab)).toBe('registry.example/shop:1.1.0');

    await ok(shell(charts));
    expect(lab.status('cart').phase).toBe('Healthy');
    expect(record(lab.world.get(DEPLOYMENT, 'cart')?.['spec'])['replicas']).toBe(0);
  }, GUIDE_TIMEOUT_MS);

  const stableImage = (lab: Lab) => lab.status('shop').stable?.images?.[0];
});
