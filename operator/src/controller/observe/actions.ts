// What people have asked for and nobody has answered yet.
import { parseAction } from '../../api/parse.ts';
import type { ActionView } from '../../rollout/snapshot.ts';
import type { ActionObject, ReleaseObject } from '../projections.ts';
import type { Store } from '../store.ts';

/** An action without a result that cannot be read. */
export interface UnreadableAction {
  readonly name: string;
  readonly why: string;
}

/** The readable ones, oldest first. */
export function openActions(store: Store, release: ReleaseObject): ActionView[] {
  return unansweredActions(store, release)
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
    .flatMap((action) => {
      const parsed = parseAction(action.spec);
      if (parsed.kind === 'invalid') return [];
      const { action: what, revision, step, by, reason, onBehalfOf } = parsed.value;
      return [
        {
          name: action.name,
          uid: action.uid,
          action: what,
          revision,
          ...(step === undefined ? {} : { step }),
          by: onBehalfOf === undefined ? by : `${onBehalfOf}, said by ${by}`,
          ...(reason === undefined ? {} : { reason }),
        },
      ];
    });
}

/** Left without an answer they would stay for ever: only what is done is swept. */
export function unreadableActions(store: Store, release: ReleaseObject): UnreadableAction[] {
  return unansweredActions(store, release).flatMap(({ name, spec }) => {
    const parsed = parseAction(spec);
    if (parsed.kind === 'valid') return [];
    const [first] = parsed.violations;
    return [{ name, why: first ? `${first.field}: ${first.message}` : 'it makes no sense' }];
  });
}

function unansweredActions(store: Store, release: ReleaseObject): readonly ActionObject[] {
  return store.actions
    .byIndex('release', `${release.namespace}/${release.name}`)
    .filter((action) => action.phase === undefined);
}
