// deploy/argocd: what is applied to the cluster of Argo CD, once, by whoever runs it.
import type { RenderedFile } from '../render.ts';
import { actionsAccess } from './actions-access.ts';
import { applications, regions } from './applications.ts';
import { luaSettings } from './lua-settings.ts';
import type { PlacedEnvironment } from './placed-environment.ts';
import { project } from './project.ts';

/** The files in the order in which they are applied; those with nothing in them are left out. */
export function argoCdFiles(environments: readonly PlacedEnvironment[]): readonly RenderedFile[] {
  const files: readonly RenderedFile[] = [
    { file: '00-settings.yaml', objects: [luaSettings()] },
    { file: '10-actions-access.yaml', objects: actionsAccess(environments) },
    { file: '20-project.yaml', objects: [project(environments)] },
    { file: '30-applications.yaml', objects: applications(environments) },
    { file: '40-regions.yaml', objects: regions(environments) },
  ];
  return files.filter(({ objects }) => objects.length > 0);
}
