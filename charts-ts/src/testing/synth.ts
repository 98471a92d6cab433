// Renders one construct by itself.
import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { ownFindings, SynthError } from '../checks/finding.ts';
import { asManifest, type Manifest } from '../manifest.ts';

/**
 * The objects that `add` renders, into `namespace` where they name none. Throws for what constructs
 * find wrong with themselves; the checks of the whole are for whole environments.
 */
export function synth(
  add: (scope: Construct) => void,
  { namespace }: { readonly namespace?: string } = { namespace: 'test' },
): readonly Manifest[] {
  const chart = new Chart(new App(), 'test', {
    disableResourceNameHashes: true,
    ...(namespace ? { namespace } : {}),
  });
  add(chart);
  const findings = ownFindings(chart);
  if (findings.length > 0) throw new SynthError(findings);
  return chart.toJson().map((object: object) => asManifest(object));
}

/** The one object of that kind. Throws when there is none or another one. */
export function only(objects: readonly Manifest[], kind: string): Manifest {
  const [found, another] = objects.filter((object) => object.kind === kind);
  if (found === undefined || another !== undefined) throw new Error(`not exactly one ${kind}`);
  return found;
}

export function kindsOf(objects: readonly Manifest[]): readonly string[] {
  return objects.map(({ kind }) => kind).toSorted();
}
