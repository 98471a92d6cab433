// Manifests of an application outside this repository, such as `kubectl slipway init --charts` begins:
// rendered, checked and written like those of our own environments.
import { Chart } from 'cdk8s';
import type { Environment } from './environments/environment.ts';
import { writeTexts } from './deploy-folder.ts';
import { render, renderText } from './render.ts';

export interface WriteChartsOptions {
  /** Where the files go; YAML files there that nothing renders any more are removed. */
  readonly folder: string;
  /** Of every object. @default - the one of whoever applies them */
  readonly namespace?: string;
  /** File name without its ending, in the order of applying, to what is in it. */
  readonly files: Readonly<Record<string, (chart: Chart) => void>>;
}

/** Writes the files. Throws, before it writes any, with everything that the checks find. */
export function writeCharts({ folder, namespace, files }: WriteChartsOptions): readonly string[] {
  const environment: Environment = (app) =>
    Object.entries(files).map(([file, fill]) => {
      const chart = new Chart(app, file, {
        disableResourceNameHashes: true,
        ...(namespace === undefined ? {} : { namespace }),
      });
      fill(chart);
      return { file, chart };
    });
  const texts = new Map(render(environment).map((file) => [file.file, renderText(file)]));
  writeTexts(folder, texts);
  return [...texts.keys()];
}
