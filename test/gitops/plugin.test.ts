import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ENVIRONMENT_NAMES } from '../../charts-ts/src/environments/registry.ts';
import { run } from '../cluster/src/process/command.ts';
import { committed, imageCopies, makeCheckout, makeImage, objectsIn, PLUGIN } from './plugin-image.ts';

const ROOT = join(import.meta.dirname, '../..');
const text = (file: string) => readFileSync(join(PLUGIN, file), 'utf8');
const plugin = parse(text('plugin.yaml')) as {
  metadata: { name: string };
  spec: { version: string; generate: { command: string[] }; discover: { fileName: string } };
};

let work: string;
let image: string;
let checkout: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'slipway-plugin-'));
  image = join(work, 'image');
  checkout = join(work, 'checkout');
  makeImage(image);
  makeCheckout(checkout);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

const generate = (environment?: string): Promise<string> => {
  const [program = '', ...args] = plugin.spec.generate.command;
  expect(program).toBe('node');
  return run(process.execPath, args.map((arg) => arg.replace('/plugin', image)), {
    cwd: checkout,
    env: environment === undefined ? {} : { PARAM_ENVIRONMENT: environment },
    timeoutMs: 60_000,
  });
};

describe('the plugin for the repo-server of Argo CD', () => {
  it.each(ENVIRONMENT_NAMES)('generates for %s what is committed in deploy/', async (name) => {
    expect(objectsIn(await generate(name))).toEqual(committed(name));
  });

  it('fails for an environment that there is not, and names those that there are', async () => {
    await expect(generate('moon')).rejects.toThrow(/parameter environment is "moon"; known are demo/);
    await expect(generate()).rejects.toThrow('spec.source.plugin.parameters');
  });

  it('brings its packages in the image and takes none from the repository', async () => {
    await generate('demo');
    expect(readlinkSync(join(checkout, 'node_modules'))).toBe(join(image, 'node_modules'));
    rmSync(join(checkout, 'node_modules'));
    mkdirSync(join(checkout, 'node_modules'));
    await expect(generate('demo')).rejects.toThrow('the repository holds a folder node_modules');
    rmSync(join(checkout, 'node_modules'), { recursive: true });
  });

  it('is found, called and placed as Argo CD asks', () => {
    expect(existsSync(join(ROOT, plugin.spec.discover.fileName))).toBe(true);
    const application = parse(text('application.yaml')) as {
      spec: { source: { path: string; plugin: { name: string } } };
    };
    expect(application.spec.source).toMatchObject({
      path: '.',
      plugin: { name: `${plugin.metadata.name}-${plugin.spec.version}` },
    });
    expect(imageCopies()).toContainEqual([
      'charts-ts/src/gitops/plugin/plugin.yaml',
      '/home/argocd/cmp-server/config/plugin.yaml',
    ]);
    const patch = text('repo-server-patch.yaml');
    expect(patch).toContain('command: [/var/run/argocd/argocd-cmp-server]');
    expect(patch).toContain('runAsUser: 999');
    expect(text('Dockerfile')).toContain('USER 999:999');
  });
});
