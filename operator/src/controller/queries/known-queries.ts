// What is known of each query when a release is looked at: what this process was answered, or what an
// earlier one wrote into the status.
import { queryRow, type QueryResults, restoredResult } from '../../analysis/queries.ts';
import type { AppReleaseStatus, CheckResult } from '../../api/app-release-status.ts';
import type { ReleaseView } from '../../rollout/snapshot.ts';
import type { ReleaseObject } from '../projections.ts';

/** One result for each query of the specification, in its order. */
export function knownQueries({
  release,
  results,
  spec,
  status,
}: {
  readonly release: Pick<ReleaseObject, 'generation'>;
  readonly results: QueryResults;
  readonly spec: ReleaseView['spec'];
  readonly status: AppReleaseStatus;
}): QueryResults {
  if (spec.kind === 'invalid') return results;
  const stored = storedRows(release, status);
  return (spec.value.checks?.queries ?? []).map(
    ({ name }) =>
      results.find((result) => result.name === name) ??
      restoredResult(
        name,
        stored.find((row) => row.name === queryRow(name)),
      ),
  );
}

/* What was shown of a query that may have been changed since says nothing about it. */
function storedRows(
  { generation }: Pick<ReleaseObject, 'generation'>,
  { candidate, checks, observedGeneration }: AppReleaseStatus,
): readonly CheckResult[] {
  return candidate && observedGeneration === generation ? (checks ?? []) : [];
}
