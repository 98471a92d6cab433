// A file of an environment: a chart with explicit names, in a namespace or in none.
import { Chart, type App } from 'cdk8s';
import { partOf } from '../constructs/labels.ts';
import type { ChartFile } from './environment.ts';

export interface ChartFileOptions {
  /** Its name without the ending; files are applied in the order of their names. */
  readonly file: string;
  /** Label `part-of` of all objects in it. */
  readonly product: string;
  /** @default - each object names its own, or belongs to the cluster */
  readonly namespace?: string;
  readonly fill: (chart: Chart) => void;
}

export function chartFile(app: App, { file, product, namespace, fill }: ChartFileOptions): ChartFile {
  const chart = new Chart(app, file, {
    disableResourceNameHashes: true,
    labels: partOf(product),
    ...(namespace ? { namespace } : {}),
  });
  fill(chart);
  return { file, chart };
}
