// The ConfigMap that is rendered for Argo CD, read by Argo CD's own command line: the same answers as
// those that `npm run test:lua` holds the scripts to.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { ensureBinaries } from '../../cluster/src/build/go-build.ts';
import { cacheFolder } from '../../cluster/src/paths.ts';
import { run } from '../../cluster/src/process/command.ts';
import { customizations } from '../customization-files.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SETTINGS = join(ROOT, 'deploy/argocd/00-settings.yaml');
const KINDS = customizations();

let argocd: string;
beforeAll(async () => {
  ({ argocd } = await ensureBinaries(['argocd']));
});

async function ask(verb: string, object: unknown, ...more: string[]): Promise<string> {
  const file = join(cacheFolder('log'), `argocd-input-${process.pid}.yaml`);
  writeFileSync(file, stringify(object));
  const args = ['admin', 'settings', 'resource-overrides', verb, file, ...more];
  return run(argocd, [...args, '--argocd-cm-path', SETTINGS], { env: { ARGOCD_BINARY_NAME: 'argocd' } });
}

describe.each(KINDS)('Argo CD on $kind', (scripts) => {
  it.each(scripts.healthCases)('tells the health of $inputPath', async ({ healthStatus, inputPath }) => {
    const { message, status } = healthStatus;
    const told = await ask('health', scripts.data(inputPath));
    expect(told.trim()).toBe(`STATUS: ${status}\nMESSAGE: ${message}`);
  });
});

describe('Argo CD on AppRelease', () => {
  const found = KINDS.find(({ kind }) => kind === 'AppRelease');
  if (!found) throw new Error('there are no scripts of AppRelease');
  const scripts = found;

  it.each(scripts.discoveryCases.filter(({ result }) => result.length > 0))(
    'offers the actions of $inputPath',
    async ({ inputPath, result }) => {
      const lines = (await ask('list-actions', scripts.actionData(inputPath))).trim().split('\n').slice(1);
      const names = lines.map((line) => line.split(/\s+/)[0]);
      expect(names.toSorted()).toEqual(result.map(({ name }) => name).toSorted());
    },
  );

  const runnable = scripts.actionCases.filter(
    ({ expectedOutputPath, parameters }) => expectedOutputPath !== undefined && parameters === undefined,
  );
  it.each(runnable)('runs $action on $inputPath', async ({ action, expectedOutputPath = '', inputPath }) => {
    const told = await ask('run-action', scripts.actionData(inputPath), action);
    const [wanted] = scripts.actionData(expectedOutputPath) as { unstructuredObj: object }[];
    expect(told).toContain('Following resource was created:');
    expect(parse(told.slice(told.indexOf('\n') + 1))).toEqual(wanted?.unstructuredObj);
  });
});
