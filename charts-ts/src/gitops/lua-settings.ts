// The health checks and actions as a part of the ConfigMap argocd-cm, from the files in
// resource_customizations. Applied server-side it takes nothing that is there already.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { ACTIONS } from '../../../operator/src/api/release-action.ts';
import type { Manifest } from '../manifest.ts';
import { ARGO_CD, type ArgoCd } from './git-source.ts';

const GROUP = 'slipway.dev';
const FOLDER = join(import.meta.dirname, 'resource_customizations', GROUP);

/** As the files have it; replaced where Argo CD is installed elsewhere. */
const DEFAULT_USER = 'system:serviceaccount:argocd:argocd-server';

/** The entries of the ConfigMap, with the name of the account that the server of `argo` acts as. */
export function luaSettings(argo: ArgoCd = ARGO_CD): Manifest {
  const { namespace, server } = argo;
  const user = `system:serviceaccount:${namespace}:${server}`;
  const entries = readdirSync(FOLDER).toSorted().flatMap((kind) => entriesOf(kind, user));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'argocd-cm',
      namespace,
      labels: { 'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd' },
    },
    data: Object.fromEntries(entries),
  };
}

function entriesOf(kind: string, user: string): [string, string][] {
  const health: [string, string] = [
    `resource.customizations.health.${GROUP}_${kind}`,
    read(kind, 'health.lua'),
  ];
  if (!existsSync(join(FOLDER, kind, 'actions'))) return [health];
  const actions = {
    'discovery.lua': read(kind, 'actions/discovery.lua'),
    definitions: ACTIONS.map((name) => ({
      name,
      'action.lua': read(kind, `actions/${name}/action.lua`).replace(DEFAULT_USER, user),
    })),
  };
  return [health, [`resource.customizations.actions.${GROUP}_${kind}`, Yaml.stringify(actions)]];
}

function read(kind: string, file: string): string {
  return readFileSync(join(FOLDER, kind, file), 'utf8');
}
