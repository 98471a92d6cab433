// Everything that belongs below deploy/: a folder for each environment, and what Argo CD is told of
// them. What is wrong in any environment is said at once.
import { SynthError, type Finding } from './checks/finding.ts';
import { ENVIRONMENT_NAMES, type EnvironmentName } from './environments/registry.ts';
import { argoCdFiles } from './gitops/argocd-files.ts';
import { placed } from './gitops/placed-environment.ts';
import { renderEnvironment, type RenderedFile } from './render.ts';

/** Name of a folder below deploy/ to its files. */
export type DeployContent = ReadonlyMap<string, readonly RenderedFile[]>;

/** Renders all of it. Throws a SynthError with the findings of all environments. */
export function renderDeploy(): DeployContent {
  const findings: Finding[] = [];
  const environments = ENVIRONMENT_NAMES.map((name) => ({ name, files: filesOf(name, findings) }));
  if (findings.length > 0) throw new SynthError(findings);
  const told = argoCdFiles(
    environments.map(({ files, name }) => placed(name, files.flatMap(({ objects }) => objects))),
  );
  return new Map([
    ...environments.map(({ files, name }) => [name, files] as const),
    ['argocd', told],
  ]);
}

function filesOf(name: EnvironmentName, findings: Finding[]): readonly RenderedFile[] {
  try {
    return renderEnvironment(name);
  } catch (error) {
    if (!(error instanceof SynthError)) throw error;
    findings.push(...error.findings.map((finding) => ({ ...finding, path: `${name}/${finding.path}` })));
    return [];
  }
}
