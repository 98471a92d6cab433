import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ARGO_CD_VERSION } from '../cluster/src/versions.ts';

function requirements(file: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const lines = text.matchAll(/^(?:require)?\s+(\S+\.\S+) (v\S+)/gm);
  return new Map([...lines].map(([, module = '', version = '']) => [module, version]));
}

it('scripts run in the interpreters of the Argo CD that the stories are played with', () => {
  const argo = requirements('argocd/module/go.mod');
  const ours = requirements('scripts/go.mod');
  expect(argo.get('github.com/argoproj/argo-cd/v3')).toBe(ARGO_CD_VERSION);
  for (const module of ['github.com/yuin/gopher-lua', 'github.com/itchyny/gojq', 'layeh.com/gopher-json']) {
    expect([module, ours.get(module)]).toEqual([module, argo.get(module)]);
    expect(ours.get(module)).toBeDefined();
  }
});
