import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAction } from '../../operator/src/api/parse.ts';
import { ACTIONS } from '../../operator/src/api/release-action.ts';
import { PHASES } from '../../operator/src/api/app-release-status.ts';
import { phaseRows } from '../../tools/gen/status-page.ts';
import {
  customizations,
  type ActionCase,
  type Customization,
  type ShownAction,
} from './customization-files.ts';
import { startScripts, type ScriptAnswer, type ScriptRunner } from './argo-scripts.ts';
import { CUSTOMIZATIONS, testDataFiles } from './test-data.ts';

let lua: ScriptRunner;
beforeAll(async () => {
  lua = await startScripts();
});
afterAll(async () => {
  await lua.close();
});

/* Lua knows one empty table; Argo CD reads it as no actions. */
function shown(result: unknown): ShownAction[] {
  if (Array.isArray(result) && result.length === 0) return [];
  return Object.entries(result as Record<string, object>)
    .map(([name, action]) => ({ name, ...action }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/* What Argo CD's test data say an action returns. */
function wantedOf(scripts: Customization, test: ActionCase): ScriptAnswer {
  const { expectedErrorMessage, expectedOutputPath = '' } = test;
  if (expectedErrorMessage !== undefined) return { error: expectedErrorMessage };
  const wanted = scripts.actionData(expectedOutputPath) as { unstructuredObj: object }[];
  return {
    result: wanted.map(({ unstructuredObj }) => ({ operation: 'create', resource: unstructuredObj })),
  };
}

describe.each(customizations())('the scripts of $kind', (scripts) => {
  it.each(scripts.healthCases)('tell the health of $inputPath', async ({ healthStatus, inputPath }) => {
    const object = scripts.data(inputPath);
    expect(await lua.run({ script: scripts.health, object })).toEqual({ result: healthStatus });
  });

  it('answer whatever they are given', async () => {
    const odd = [{}, { status: {} }, { metadata: {}, status: { phase: 'Healthy' } }, { status: 'x' }];
    const oddStatuses = ['conditions', 'stable', 'candidate', 'step', 'pausedBy'].map((field) => ({
      metadata: { annotations: 7 },
      status: { phase: 'RolledBack', stage: 'Stepping', observedGeneration: 1, [field]: [null, 'x'] },
    }));
    for (const object of [...odd, ...oddStatuses]) {
      expect((await lua.run({ script: scripts.health, object })).result).toHaveProperty('status');
      const offered = await lua.run({ script: scripts.discovery ?? 'return {}', object });
      expect(offered.error).toBeUndefined();
    }
  });
});

describe('the scripts of AppRelease', () => {
  const found = customizations().find(({ kind }) => kind === 'AppRelease');
  if (!found) throw new Error('there are no scripts of AppRelease');
  const scripts = found;

  it.each(scripts.discoveryCases)('offer the actions of $inputPath', async ({ inputPath, result }) => {
    const script = scripts.discovery ?? '';
    const answer = await lua.run({ script, object: scripts.actionData(inputPath) });
    expect(answer.error).toBeUndefined();
    expect(shown(answer.result)).toEqual(result.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  });

  it.each(scripts.actionCases)('$action $inputPath', async (test) => {
    const script = scripts.actions.get(test.action) ?? '';
    const { parameters = {} } = test;
    const answer = await lua.run({ script, object: scripts.actionData(test.inputPath), parameters });
    expect(answer).toEqual(wantedOf(scripts, test));
  });

  it('are tested with what the operator writes today', () => {
    for (const [file, text] of testDataFiles()) {
      const path = join(CUSTOMIZATIONS, 'slipway.dev/AppRelease', file);
      expect({ file, text: readFileSync(path, 'utf8') }).toEqual({ file, text });
    }
  });

  it('give each phase the health that the reference page gives it', async () => {
    const told = await Promise.all(
      PHASES.map(async (phase) => {
        const object = { metadata: { generation: 1 }, status: { phase, observedGeneration: 1 } };
        const { result } = await lua.run({ script: scripts.health, object });
        return [phase, (result as { status: string }).status];
      }),
    );
    expect(told).toEqual(phaseRows().map(({ argo, phase }) => [phase, argo]));
  });

  it('say the reason in the message, for every phase but Healthy', () => {
    const silent = scripts.healthCases
      .filter(({ inputPath }) => /testdata\/(progressing|paused|degraded)_/.test(inputPath))
      .filter(({ healthStatus: { message } }) => !/^[A-Z][A-Za-z]+: ./.test(message));
    expect(silent).toEqual([]);
  });

  it('have a test for each action, offered and run', () => {
    const names = [...ACTIONS].toSorted();
    expect([...scripts.actions.keys()].toSorted()).toEqual(names);
    const run = new Set(scripts.actionCases.map(({ action }) => action));
    const offered = new Set(scripts.discoveryCases.flatMap(({ result }) => result.map(({ name }) => name)));
    expect([[...run].toSorted(), [...offered].toSorted()]).toEqual([names, names]);
  });

  it('ask in the words of the schema', () => {
    for (const { expectedOutputPath } of scripts.actionCases) {
      if (expectedOutputPath === undefined) continue;
      const [asked] = scripts.actionData(expectedOutputPath) as { unstructuredObj: { spec: unknown } }[];
      expect(parseAction(asked?.unstructuredObj.spec)).toMatchObject({ kind: 'valid' });
    }
  });

  it('differ between actions in the first line only', () => {
    const texts = [...scripts.actions].map(([name, text]) => text.replace(`"${name}"`, '"*"'));
    expect(new Set(texts).size).toBe(1);
  });
});
