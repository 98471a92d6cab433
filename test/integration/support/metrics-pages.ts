// The metrics pages of pretended pods: each look at a page finds as many more requests as its version
// answers between two looks, of which a share failed.
import type { FetchPage } from '../../../operator/src/controller/sample-pods.ts';
import type { Lab } from './lab.ts';

export interface Played {
  /** Requests of each pod between two looks. */
  readonly requests: number;
  /** Share of them that end in a 5xx, 0 to 1. */
  readonly errors: number;
}

/** A version that is not in `versions` serves no page. Versions may be changed while it is played. */
export function playMetrics(
  lab: () => Lab | undefined,
  versions: Record<string, Played>,
): FetchPage {
  const counters = new Map<string, { ok: number; failed: number; owed: number }>();
  return ({ host }) => {
    const pod = lab()
      ?.world.pods()
      .find(({ ip }) => ip === host);
    const played = pod && versions[pod.image];
    if (!pod || !played) return Promise.resolve(undefined);
    const before = counters.get(pod.uid) ?? { ok: 0, failed: 0, owed: 0 };
    const owed = before.owed + played.requests * played.errors;
    const failures = Math.floor(owed);
    const after = {
      ok: before.ok + played.requests - failures,
      failed: before.failed + failures,
      owed: owed - failures,
    };
    counters.set(pod.uid, after);
    return Promise.resolve(
      [
        '# TYPE http_requests_total counter',
        `http_requests_total{code="200"} ${after.ok}`,
        `http_requests_total{code="500"} ${after.failed}`,
        '',
      ].join('\n'),
    );
  };
}
