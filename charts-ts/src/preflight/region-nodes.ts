// Whether a cluster's nodes offer what an environment declares: the zones over which its pods are spread.
import type { Problem } from '../checks/finding.ts';

/** What is read of a node. */
export interface NodeView {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly effect: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const ZONE = 'topology.kubernetes.io/zone';
const FEWEST_ZONES = 2;
const KEEPS_PODS_AWAY = ['NoSchedule', 'NoExecute'];

/** What would go wrong with pods spread over `declared` zones on these nodes. */
export function nodeProblems(nodes: readonly NodeView[], declared: readonly string[]): readonly Problem[] {
  if (declared.length === 0) return [];
  const offered = zonesOf(nodes);
  const problems: Problem[] = [];
  if (offered.length < FEWEST_ZONES) {
    problems.push({
      field: 'nodes',
      problem: `pods can be placed in ${offered.length === 1 ? `1 zone (${offered[0]})` : 'no zone'}`,
      remedy: `Add ready nodes with the label ${ZONE} in at least ${FEWEST_ZONES} zones`,
    });
  }
  const missing = declared.filter((zone) => !offered.includes(zone));
  if (missing.length > 0) {
    problems.push({
      field: 'zones',
      problem: `no ready node in ${missing.join(', ')}; there are ${offered.join(', ') || 'none'}`,
      remedy: 'Add nodes there, or declare the zones that there are',
    });
  }
  return problems;
}

/** Zones with a node that takes pods now. */
export function zonesOf(nodes: readonly NodeView[]): readonly string[] {
  const zones = nodes.filter(takesPods).flatMap(({ metadata }) => metadata.labels?.[ZONE] ?? []);
  return [...new Set(zones)].toSorted();
}

function takesPods({ spec, status }: NodeView): boolean {
  const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  const isTainted = spec?.taints?.some(({ effect }) => KEEPS_PODS_AWAY.includes(effect)) ?? false;
  return isReady === true && spec?.unschedulable !== true && !isTainted;
}
