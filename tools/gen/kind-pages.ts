// The reference pages of AppRelease and ReleaseAction, from the schema that also makes the CRDs.
import type { z } from 'zod';
import { specSchema, statusSchema } from '../../operator/src/api/app-release.ts';
import { openApi } from '../../operator/src/api/crd.ts';
import { API_GROUP_VERSION } from '../../operator/src/api/group.ts';
import { actionSpecSchema, actionStatusSchema } from '../../operator/src/api/release-action.ts';
import { code, page, table, type Page } from './markdown.ts';
import { fieldRows, ruleRows } from './schema-rows.ts';

export function appReleasePage(): Page {
  return kindPage({
    path: 'docs/reference/app-release.md',
    kind: 'AppRelease',
    opening:
      'What is to be released, and how. Users write `spec`; the operator writes `status` and ' +
      'nothing else of the object, but `spec.replicas` once where it is left out.',
    spec: specSchema,
    status: statusSchema,
  });
}

export function releaseActionPage(): Page {
  return kindPage({
    path: 'docs/reference/release-action.md',
    kind: 'ReleaseAction',
    opening:
      'What a person asks of a release. `kubectl slipway promote`, `pause`, `resume`, `abort` and ' +
      '`retry` create one; so may anything else that may create it. It cannot be changed, is ' +
      'applied at most once, and is removed after seven days.',
    spec: actionSpecSchema,
    status: actionStatusSchema,
  });
}

interface KindParts {
  readonly path: string;
  readonly kind: string;
  readonly opening: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
}

function kindPage({ path, kind, opening, spec, status }: KindParts): Page {
  const rules = ruleRows(openApi(spec), 'spec');
  return page(path, kind, [
    `\`${API_GROUP_VERSION}\``,
    opening,
    '## spec',
    fieldTable(spec, 'spec'),
    '## Rules',
    'Checked by the API server when the object is written (CEL); the message is what the author reads.',
    table(
      ['where', 'message', 'rule'],
      rules.map((row) => [code(row.path), row.message, code(row.rule)]),
    ),
    '## status',
    fieldTable(status, 'status'),
  ]);
}

function fieldTable(schema: z.ZodType, root: string): string {
  return table(
    ['field', 'type', 'default', 'limits', 'meaning'],
    fieldRows(openApi(schema), root).map((row) => [
      code(row.path),
      row.type,
      code(row.standard),
      row.limits.replace(/like (.+)$/, (_all, pattern: string) => `like ${code(pattern)}`),
      row.meaning,
    ]),
  );
}
