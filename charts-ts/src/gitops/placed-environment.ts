// An environment together with the cluster it goes to.
import type { Manifest } from '../manifest.ts';
import { DESTINATIONS, type Destination } from './git-source.ts';

export interface PlacedEnvironment {
  readonly name: string;
  readonly objects: readonly Manifest[];
  readonly destination: Destination;
}

/** Throws for an environment that no destination is named for. */
export function placed(name: string, objects: readonly Manifest[]): PlacedEnvironment {
  const destination = DESTINATIONS[name];
  if (!destination) {
    throw new Error(`environment ${name} has no destination: add a line to charts-ts/src/gitops/git-source.ts`);
  }
  return { name, objects, destination };
}

/** In a fixed order, each value once. */
export function distinct<T>(values: readonly T[]): T[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
