// Where an installation stands: the zones of a region. It renders nothing; it refuses a region in which
// pods that are to be spread would all be in one place.
import { Construct } from 'constructs';
import { checkSelf, type Problem } from '../checks/finding.ts';

export interface RegionProps {
  /** Names of its zones, as nodes have them in `topology.kubernetes.io/zone`. */
  readonly zones: readonly string[];
  /** Fewest pods that are spread over them. */
  readonly leastPods: number;
}

const FEWEST_ZONES = 2;

export class Region extends Construct {
  constructor(scope: Construct, id: string, props: RegionProps) {
    super(scope, id);
    checkSelf(this, () => regionProblems(props));
  }
}

/** Why the loss of one zone would be the loss of everything. */
export function regionProblems({ zones, leastPods }: RegionProps): readonly Problem[] {
  const different = new Set(zones).size;
  const problems: Problem[] = [];
  if (different < FEWEST_ZONES) {
    problems.push({
      field: 'zones',
      problem: `${different === 1 ? '1 zone is' : `${different} zones are`} offered (${zones.join(', ')})`,
      remedy: 'Use a region with nodes in at least 2 zones, or spread over nodes only',
    });
  }
  if (leastPods < FEWEST_ZONES) {
    problems.push({
      field: 'leastPods',
      problem: `${leastPods === 1 ? '1 pod' : `${leastPods} pods`} cannot be in 2 zones`,
      remedy: 'Keep at least 2 pods',
    });
  }
  return problems;
}
