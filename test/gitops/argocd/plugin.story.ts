// The second choice: Argo CD's own plugin server runs our plugin for its repo-server, and what comes
// out is what is committed in deploy/.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { GIT } from '../../../charts-ts/src/gitops/git-source.ts';
import { placed } from '../../../charts-ts/src/gitops/placed-environment.ts';
import { project } from '../../../charts-ts/src/gitops/project.ts';
import { renderEnvironment } from '../../../charts-ts/src/render.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import { sharedTier } from '../../integration/support/tier.ts';
import { committed, makeCheckout, makeImage, objectsIn, PLUGIN } from '../plugin-image.ts';
import { NAMESPACE, startArgoCd, type ArgoCd } from './argo-cd.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';

const APPLICATION = 'bank-demo';
const TRACKING = 'argocd.argoproj.io/tracking-id';

let work: string;
let argo: ArgoCd;
let git: GitRepository;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'slipway-plugin-'));
  const [image, config] = [join(work, 'image'), join(work, 'config')];
  makeImage(image);
  mkdirSync(config);
  const plugin = readFileSync(join(PLUGIN, 'plugin.yaml'), 'utf8');
  const here = plugin.replace('[node, /plugin', `[${process.execPath}, ${image}`);
  writeFileSync(join(config, 'plugin.yaml'), here);
  argo = await startArgoCd(sharedTier(), { plugin: config });
  git = await createGitRepository();
});
afterAll(async () => {
  await argo?.kubectl(['-n', NAMESPACE, 'delete', 'application', APPLICATION, '--ignore-not-found']);
  await argo?.stop();
  git?.remove();
  rmSync(work, { recursive: true, force: true });
});

/* Without what Argo CD adds to find its objects again. */
function untracked(manifest: unknown): object {
  const object = record(JSON.parse(String(manifest)));
  const { [TRACKING]: _tracking, ...annotations } = record(record(object['metadata'])['annotations']);
  return { ...object, metadata: { ...record(object['metadata']), annotations } };
}

it('a plugin renders in Argo CD what is committed', async () => {
  await git.commitTree(makeCheckout, 'the repository');
  const objects = renderEnvironment('demo').flatMap((file) => file.objects);
  const [application] = objectsIn(readFileSync(join(PLUGIN, 'application.yaml'), 'utf8'));
  const text = JSON.stringify([project([placed('dev', objects)]), application])
    .replaceAll(GIT.repository, git.url)
    .replaceAll('https://demo.clusters.example.com', 'https://kubernetes.default.svc');
  await argo.apply(JSON.parse(text) as object[]);
  const answer = await argo.request(`/api/v1/applications/${APPLICATION}/manifests`).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${argo.diagnose()}`);
  });
  const rendered = list(record(answer)['manifests']).map(untracked);
  expect(rendered).toHaveLength(committed('demo').length);
  expect(rendered).toEqual(expect.arrayContaining(committed('demo')));
});
