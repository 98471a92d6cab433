// An environment as files of plain objects. Nothing but the environment's source decides what comes
// out: no clock, no chance, no variable of the process.
import { App, Yaml } from 'cdk8s';
import { refuseFindings } from './checks/all-checks.ts';
import type { Environment } from './environments/environment.ts';
import { ENVIRONMENTS, type EnvironmentName } from './environments/registry.ts';
import { forArgoCd } from './gitops/argo-annotations.ts';
import { asManifest, type Manifest } from './manifest.ts';

export interface RenderedFile {
  /** Name of the file with its ending, for example `10-operator.yaml`. */
  readonly file: string;
  readonly objects: readonly Manifest[];
}

/** The files of an environment, in the order in which they are applied. Throws a SynthError. */
export function renderEnvironment(name: EnvironmentName): readonly RenderedFile[] {
  return render(ENVIRONMENTS[name]);
}

/** The same of an environment that is not registered, such as your own. */
export function render(environment: Environment): readonly RenderedFile[] {
  const app = new App();
  const files = environment(app);
  refuseFindings(app);
  return forArgoCd(
    files.map(({ file, chart }) => ({
      file: `${file}.yaml`,
      objects: chart.toJson().map((object: object) => asManifest(object)),
    })),
  );
}

const HEADER = '# Rendered from charts-ts by `npm run synth`. Change it there.\n';

/** The text of a file as it is committed. */
export function renderText({ objects }: Pick<RenderedFile, 'objects'>): string {
  return HEADER + Yaml.stringify(...objects);
}
