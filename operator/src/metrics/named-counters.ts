// Counters that the user named in checks.errorRate: one of all requests, one of the failed ones.
import type { CounterCodec } from './codec.ts';
import type { Exposition } from './exposition.ts';
import { type LabelMatcher, matchesLabels } from './label-match.ts';
import { isExcluded, originOf, sumOf } from './request-series.ts';
import type { SampleLine } from './sample-line.ts';

/** A counter and what its labels must look like. */
export type NamedCounter = {
  readonly name: string;
  readonly labels: readonly LabelMatcher[];
};

/** A codec for them. The failed ones may be the same counter under narrower labels. */
export function namedCounters(named: {
  readonly total: NamedCounter;
  readonly errors: NamedCounter;
}): CounterCodec {
  const { total, errors } = named;
  return {
    kind: 'namedCounters',
    wants: (name) => name === total.name || name === errors.name,
    read: (page, excluded) => {
      const all = linesOf(page, total);
      // No error series beside a request series means no error yet, not an unknown number.
      if (all.length === 0 && !isAnnounced(page, total.name)) return undefined;
      const users = all.filter((line) => !isExcluded(line, excluded));
      const failed = linesOf(page, errors).filter((line) => !isExcluded(line, excluded));
      return {
        counters: { requests: sumOf(users), errors: sumOf(failed) },
        ...originOf(all),
      };
    },
  };
}

function linesOf(page: Exposition, counter: NamedCounter): readonly SampleLine[] {
  return page.series.filter(
    (line) => line.name === counter.name && matchesLabels(line.labels, counter.labels),
  );
}

/** A TYPE line may name the family: without `_total` (OpenMetrics), `_count` or `_bucket`. */
function isAnnounced(page: Exposition, name: string): boolean {
  return (
    page.families.has(name) || page.families.has(name.replace(/_(?:total|count|bucket)$/, ''))
  );
}
