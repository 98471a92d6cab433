import { describe, expect, it } from '@jest/globals';
import { importsOf } from './imports.ts';
import { importDirection } from './layers.ts';

const messages = (path: string, text: string) => importDirection({ path, text }).map((one) => one.message);

describe('importDirection', () => {
  const wrong: Record<string, { path: string; text: string }> = {
    'lib imports the API': { path: 'operator/src/lib/a.ts', text: "import { x } from '../api/b.ts';" },
    'analysis imports rollout': {
      path: 'operator/src/analysis/a.ts',
      text: "import { x } from '../rollout/b.ts';",
    },
    'rollout imports the client': {
      path: 'operator/src/rollout/a.ts',
      text: "import type { X } from '../kube/b.ts';",
    },
    'rollout imports a node module': {
      path: 'operator/src/rollout/a.ts',
      text: "import { readFileSync } from 'node:fs';",
    },
    'metrics imports a value of analysis': {
      path: 'operator/src/metrics/a.ts',
      text: "import { x } from '../analysis/b.ts';",
    },
    'the client knows a release': { path: 'operator/src/kube/a.ts', text: "import { x } from '../api/b.ts';" },
    'the plugin imports the controller': {
      path: 'operator/src/cli/a.ts',
      text: "import { x } from '../controller/b.ts';",
    },
    'the controller imports its caller': {
      path: 'operator/src/controller/a.ts',
      text: "import { x } from '../reconcile.ts';",
    },
    'the controller imports a package nobody agreed on': {
      path: 'operator/src/controller/a.ts',
      text: "import express from 'express';",
    },
    'manifests import the decision': {
      path: 'charts-ts/src/a.ts',
      text: "import { x } from '../../operator/src/rollout/b.ts';",
    },
    'the app imports the operator': {
      path: 'app/src/a.ts',
      text: "import { x } from '../../operator/src/lib/b.ts';",
    },
    'an import inside a function': {
      path: 'operator/src/rollout/a.ts',
      text: "const load = () => import('../controller/b.ts');",
    },
    'an export from elsewhere': {
      path: 'operator/src/api/a.ts',
      text: "export { x } from '../rollout/b.ts';",
    },
    'an import over several lines': {
      path: 'operator/src/api/a.ts',
      text: "import {\n  x,\n  type Y,\n} from '../rollout/b.ts';",
    },
    'an import for its side effect': { path: 'operator/src/api/a.ts', text: "import '../rollout/b.ts';" },
    'the product imports a test double': {
      path: 'operator/src/controller/a.ts',
      text: "import { x } from '../../../test/b.ts';",
    },
  };
  it.each(Object.entries(wrong))('reports when %s', (_name, file) => {
    expect(messages(file.path, file.text)).toHaveLength(1);
  });

  const right: Record<string, { path: string; text: string }> = {
    'its own folder': { path: 'operator/src/lib/a.ts', text: "import { x } from './b.ts';" },
    'a layer below': { path: 'operator/src/rollout/a.ts', text: "import { x } from '../analysis/b.ts';" },
    'types of analysis in metrics': {
      path: 'operator/src/metrics/a.ts',
      text: "import type { X } from '../analysis/b.ts';",
    },
    'a subpath of an agreed package': {
      path: 'operator/src/kube/a.ts',
      text: "import { K } from '@kubernetes/client-node/dist/config.js';",
    },
    'the loop imports the decision': {
      path: 'operator/src/reconcile.ts',
      text: "import { decide } from './rollout/decide.ts';",
    },
    'a test imports what it wants': {
      path: 'operator/src/rollout/a.test.ts',
      text: "import { x } from '../controller/b.ts';",
    },
    'text that only looks like an import': {
      path: 'operator/src/rollout/a.ts',
      text: "const text = 'import it from somewhere';",
    },
  };
  it.each(Object.entries(right))('lets pass: %s', (_name, file) => {
    expect(messages(file.path, file.text)).toEqual([]);
  });

  it('says what may be imported instead', () => {
    const [message] = messages('charts-ts/src/a.ts', "import { x } from '../../operator/src/kube/b.ts';");
    expect(message).toBe(
      'imports operator/src/kube/b.ts: charts-ts may import operator/src/api, operator/src/lib',
    );
  });
});

describe('importsOf', () => {
  it('gives the line on which the statement ends', () => {
    const text = "// opening\nimport {\n  a,\n} from './b.ts';\n";
    expect(importsOf({ path: 'tools/x/a.ts', text })).toEqual([
      { target: 'tools/x/b.ts', kind: 'file', typesOnly: false, line: 4 },
    ]);
  });
});
