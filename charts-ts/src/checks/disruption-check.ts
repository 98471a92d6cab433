// A budget leaves a pod to be taken away: one that never does keeps its nodes from being drained.
import type { Finding } from './finding.ts';
import { podCount } from './pod-count.ts';
import { namespaceOf, ofKind, selects, templated, type Check, type LabelQuery, type World } from './world.ts';

interface Budget {
  readonly selector?: LabelQuery;
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
}

/** Finds budgets that allow no disruption at the smallest number of pods. */
export const checkDisruption: Check = (world) =>
  ofKind(world, 'PodDisruptionBudget').flatMap((one): Finding[] => {
    const budget = one.object['spec'] as Budget;
    const least = leastPods({ budget, namespace: namespaceOf(one) }, world);
    if (least === undefined || allowed(budget, least) > 0) return [];
    const field = budget.minAvailable === undefined ? 'maxUnavailable' : 'minAvailable';
    return [
      {
        path: one.path,
        field: `spec.${field}`,
        problem: `${budget[field]} with ${least === 1 ? '1 pod' : `${least} pods`} lets no node be drained`,
        remedy: 'Use maxUnavailable: 1 and at least 2 pods, or leave the budget out',
      },
    ];
  });

interface Place {
  readonly budget: Budget;
  readonly namespace: string;
}

function leastPods({ budget, namespace }: Place, world: World): number | undefined {
  const counts = templated(world)
    .filter((one) => namespaceOf(one) === namespace && selects(budget.selector, one.template.labels))
    .map((one) => podCount(one, world)?.least);
  const known = counts.filter((count) => count !== undefined);
  if (known.length < counts.length || known.length === 0) return undefined;
  return known.reduce((sum, one) => sum + one, 0);
}

/* Both are rounded up by the disruption controller. A single pod behind maxUnavailable 1 may go. */
function allowed({ minAvailable, maxUnavailable }: Budget, pods: number): number {
  if (minAvailable !== undefined) return pods - rounded(minAvailable, pods);
  return rounded(maxUnavailable ?? 0, pods);
}

function rounded(value: number | string, pods: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) * pods) / 100);
}
