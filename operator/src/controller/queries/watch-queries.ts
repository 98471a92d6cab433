// Keeps the asking of a release's queries in step with the release: on while a candidate is tried,
// off at rest.
import type { PlaceholderValues } from '../../api/placeholders.ts';
import type { RevisionId } from '../../rollout/state.ts';
import type { Store } from '../store.ts';
import type { Trial } from '../watch-release.ts';
import type { QueryWatcher } from './ask-queries.ts';

export function watchQueries(
  {
    queries,
    store,
  }: { readonly queries: QueryWatcher; readonly store: Pick<Store, 'pods' | 'replicaSets'> },
  { decision, key, materials, snapshot }: Trial,
): void {
  const { candidate, stable, stage } = decision.next;
  const isTried = stage.kind === 'Stepping' || stage.kind === 'Promoting';
  // What was asked by the last specification that could be read is asked on.
  if (snapshot.release.spec.kind === 'invalid' && isTried) return;
  const wanted = materials.spec?.checks?.queries ?? [];
  if (wanted.length === 0 || !isTried || !candidate || !stable) {
    queries.stopWatching(key);
    return;
  }
  const { name, namespace, uid } = materials.release;
  const valuesOf = ({ hash, revision, setName }: RevisionId): PlaceholderValues => ({
    hash,
    replicaSet: setName,
    revision: String(revision),
    name,
    namespace,
  });
  queries.watch({
    key,
    releaseUid: uid,
    queries: wanted,
    candidate: valuesOf(candidate),
    stable: valuesOf(stable),
    known: snapshot.state.candidate?.revision === candidate.revision ? snapshot.queries : [],
    isServing: () => {
      const set = store.replicaSets.get(namespace, candidate.setName);
      const pods = set ? store.pods.byIndex('owner', set.uid) : [];
      return pods.some((pod) => pod.isReady && !pod.isTerminating);
    },
  });
}
