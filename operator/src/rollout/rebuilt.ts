// What a person is told when a status was lost and the state was rebuilt from the cluster.
import type { Decision } from './decision.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * One sentence, or undefined where nothing was lost: without a set that served, an empty status is that
 * of a release which has not begun.
 */
export function rebuiltSentence({ sets, traffic }: Snapshot, { next }: Decision): string | undefined {
  const { candidate, stable, weight } = next;
  if (!stable || !sets.some(({ name }) => name === stable.setName)) return undefined;
  const from = traffic.kind === 'weighted' ? 'the ReplicaSets, Services and the route' : 'the ReplicaSets';
  const tried = candidate ? `, revision ${candidate.revision} at ${Math.round(weight.observed)} %` : '';
  return (
    `the status was lost; rebuilt from ${from}: revision ${stable.revision} is stable${tried}; ` +
    'nothing was scaled down and no step skipped for it'
  );
}
