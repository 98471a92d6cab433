// An environment: the files of an installation, in the order in which they are applied.
import type { App, Chart } from 'cdk8s';

/** A file to be, named without its ending, and what is in it. */
export interface ChartFile {
  readonly file: string;
  readonly chart: Chart;
}

/** Adds the charts of an installation to `app`. */
export type Environment = (app: App) => readonly ChartFile[];
