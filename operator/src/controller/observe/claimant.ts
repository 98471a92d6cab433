// Two AppReleases on one Deployment, Service or rule of a route: the older goes on.
import { FINALIZER } from '../../api/labels.ts';
import { record, text } from '../../lib/json.ts';
import type { ReleaseObject } from '../projections.ts';
import type { Store } from '../store.ts';
import { workloadName } from './hand-back-spec.ts';

/** The name of an older AppRelease that claims the same Deployment, Service or rule of a route. */
export function claimant(store: Store, release: ReleaseObject): string | undefined {
  const claims = claimsOf(release);
  const rivals = (['deployment', 'service', 'route'] as const).flatMap((index) =>
    store.releases
      .byIndex(index, `${release.namespace}/${claims[index] ?? ''}`)
      .filter((rival) => index !== 'route' || claimsOf(rival).rule === claims.rule),
  );
  return rivals.find((rival) => rival.uid !== release.uid && isOlder(rival, release))?.name;
}

function claimsOf({ spec }: ReleaseObject) {
  const traffic = record(spec['traffic']);
  const routeRef = record(record(traffic['gateway'])['routeRef']);
  return {
    deployment: workloadName(spec),
    service: text(traffic['service']),
    route: text(routeRef['name']),
    rule: text(routeRef['rule']),
  };
}

/* Of two made in the same second it is the one that was dealt with first. */
function isOlder(rival: ReleaseObject, release: ReleaseObject): boolean {
  if (rival.createdAt !== release.createdAt) return rival.createdAt < release.createdAt;
  const [hasRival, has] = [rival, release].map((one) => one.finalizers.includes(FINALIZER));
  return hasRival === has ? rival.name < release.name : hasRival === true;
}
