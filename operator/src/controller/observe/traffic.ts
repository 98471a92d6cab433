// The traffic part of a snapshot: Services, endpoints and the route as the caches show them.
import { canaryServiceName, stableServiceName } from '../../api/labels.ts';
import type { AppReleaseSpec } from '../../api/app-release.ts';
import type { Reason } from '../../api/reasons.ts';
import { list, record } from '../../lib/json.ts';
import type { RouteView, ServiceView, TrafficView } from '../../rollout/snapshot.ts';
import {
  isRouteCurrent,
  namesService,
  placeOfRule,
  readAcceptance,
  readWeight,
  renderRoute,
  routeNamesOf,
} from '../../traffic/gateway-api.ts';
import { RULES_MAX } from '../../traffic/pin-rules.ts';
import { hasCurrentPorts, selectedHash } from '../../traffic/services.ts';
import type { ReleaseObject, RouteObject, ServiceObject } from '../projections.ts';
import type { Store } from '../store.ts';

export interface TrafficObjects {
  readonly own?: ServiceObject;
  readonly stable?: ServiceObject;
  readonly canary?: ServiceObject;
  readonly route?: RouteObject;
  /** The application's own Service is ours to point at stable. */
  readonly isOwnManaged: boolean;
}

export interface ObservedTraffic {
  readonly view: TrafficView;
  readonly objects: TrafficObjects;
}

const NOTHING: TrafficObjects = { isOwnManaged: false };

/** Undefined while the cache of routes is being filled. */
export function observeTraffic(
  store: Store,
  release: ReleaseObject,
  spec: AppReleaseSpec,
): ObservedTraffic | undefined {
  const { traffic } = spec;
  const left = leftBehind(store, release, spec);
  if (left === 'filling') return undefined;
  if (left) return left;
  const pair = pairOf(store, release);
  const blocked = (reason: Reason, message: string) => blockedWith(pair, { reason, message });
  if (!traffic) return { view: { kind: 'podShare' }, objects: NOTHING };
  const own = store.services.get(release.namespace, traffic.service);
  if (!own) return withoutOwn(store, release, spec);
  if (!traffic.gateway) return { view: { kind: 'podShare' }, objects: { own, isOwnManaged: false } };
  const routes = store.routes();
  if (routes.kind === 'filling') return undefined;
  if (routes.kind === 'refused') {
    return blocked('GatewayApiMissing', 'HTTPRoutes cannot be read; install the Gateway API CRDs and let the operator read them');
  }
  const { stable, canary } = pair;
  const routeName = traffic.gateway.routeRef?.name ?? release.name;
  const route = routes.cache.get(release.namespace, routeName);
  const foreign = [stable, canary].find(
    (service) => service && service.owner?.uid !== release.uid && !service.isLetGo,
  );
  if (foreign) return blocked('NameTaken', `Service ${foreign.name} exists and is not ours; rename the AppRelease or remove it`);
  const problem = routeProblem({ release, spec, route });
  if (problem) return blocked(problem.reason, problem.message);
  const isOwnManaged = isManageable(own);
  const objects: TrafficObjects = {
    own,
    ...(stable ? { stable } : {}),
    ...(canary ? { canary } : {}),
    ...(route ? { route } : {}),
    isOwnManaged,
  };
  return {
    objects,
    view: {
      kind: 'weighted',
      stable: serviceView(store, objects, 'stable'),
      canary: serviceView(store, objects, 'canary'),
      route: routeView(release, spec, route),
      isBypassed: !isOwnManaged,
    },
  };
}

/* The router needs the pair only: while the application's Service is missing, a candidate that hurts
   can still be taken from users. */
function withoutOwn(
  store: Store,
  release: ReleaseObject,
  spec: AppReleaseSpec,
): ObservedTraffic | undefined {
  const gateway = spec.traffic?.gateway;
  const pair = pairOf(store, release);
  const name = spec.traffic?.service ?? '';
  const message = `Service ${name} does not exist; create it or correct spec.traffic.service`;
  const told = blockedWith(pair, { reason: 'ServiceNotFound', message });
  const isOurs = [pair.stable, pair.canary].every((one) => one?.owner?.uid === release.uid);
  const routes = gateway && isOurs ? store.routes() : undefined;
  if (routes?.kind === 'filling') return undefined;
  if (routes?.kind !== 'filled') return told;
  const route = routes.cache.get(release.namespace, gateway?.routeRef?.name ?? release.name);
  if (!route || routeProblem({ release, spec, route })) return told;
  const objects = { ...told.objects, route };
  const behind = {
    kind: 'weighted' as const,
    stable: serviceView(store, objects, 'stable'),
    canary: serviceView(store, objects, 'canary'),
    route: routeView(release, spec, route),
    isBypassed: false,
  };
  return { objects, view: { kind: 'blocked', reason: 'ServiceNotFound', message, behind } };
}

interface Pair {
  readonly stable: ServiceObject | undefined;
  readonly canary: ServiceObject | undefined;
}

function pairOf(store: Store, { name, namespace }: ReleaseObject): Pair {
  return {
    stable: store.services.get(namespace, stableServiceName(name)),
    canary: store.services.get(namespace, canaryServiceName(name)),
  };
}

/* Users may still come by a way that the specification has given up. Taking that for share of pods
   would promote past them; an older CRD let the specification change so. */
function leftBehind(
  store: Store,
  release: ReleaseObject,
  { traffic }: AppReleaseSpec,
): ObservedTraffic | 'filling' | undefined {
  const gateway = traffic?.gateway;
  if (gateway?.route) return undefined;
  const isOurs = (object: ServiceObject | RouteObject | undefined) =>
    object?.owner?.uid === release.uid;
  const pair = pairOf(store, release);
  const services = [pair.stable, pair.canary].filter(isOurs);
  // Without a gateway and without the pair there was never a route: the kind need not be there.
  if (services.length === 0) return undefined;
  const routes = store.routes();
  if (routes.kind === 'filling') return 'filling';
  const found =
    routes.kind === 'filled' ? routes.cache.get(release.namespace, release.name) : undefined;
  const route = isOurs(found) ? found : undefined;
  if (gateway && !route) return undefined;
  const [service] = services;
  const what = route ? `HTTPRoute ${route.name}` : `Service ${service?.name ?? ''}`;
  const message = `${what} of this release still splits traffic, and spec.traffic no longer asks for it; put spec.traffic back, or delete the AppRelease (hand back) and make it again`;
  const { objects, view } = blockedWith(pair, { reason: 'TrafficChanged', message });
  return { view, objects: { ...objects, ...(route ? { route } : {}) } };
}

/* Git leaves the selector of the own Service out: then it is ours, and it serves stable only. */
function isManageable(own: ServiceObject): boolean {
  return own.selectorOwners.length === 0;
}

function serviceView(store: Store, objects: TrafficObjects, role: 'stable' | 'canary'): ServiceView {
  const service = objects[role];
  const own = objects.own;
  if (!service) return { exists: false, isCurrent: false, readyPods: [] };
  const hash = selectedHash(service.spec);
  const isFollowed = role === 'stable' && own !== undefined && objects.isOwnManaged;
  const ownFollows = !isFollowed || selectedHash(own.spec) === hash;
  const slices = store.endpointSlices.byIndex('service', `${service.namespace}/${service.name}`);
  return {
    exists: true,
    isCurrent: !own || (hasCurrentPorts(service.spec, own.spec) && ownFollows),
    ...(hash === undefined ? {} : { hash }),
    readyPods: slices.flatMap((slice) => slice.readyPods),
  };
}

interface RouteParts {
  readonly release: ReleaseObject;
  readonly spec: AppReleaseSpec;
  readonly route: RouteObject | undefined;
}

function routeProblem({ release, spec, route }: RouteParts): { reason: Reason; message: string } | undefined {
  const { traffic } = spec;
  const gateway = traffic?.gateway;
  if (!traffic || !gateway) return undefined;
  if (gateway.routeRef) {
    if (!route) return { reason: 'RouteNotFound', message: `HTTPRoute ${gateway.routeRef.name} does not exist; create it or correct routeRef.name` };
    const place = placeOfRule(route.spec, release.name, gateway.routeRef.rule);
    return place.kind === 'wrong' ? { reason: 'RuleNotFound', message: `HTTPRoute ${route.name}: ${place.message}` } : undefined;
  }
  if (route && route.owner?.uid !== release.uid && !route.isLetGo) {
    return { reason: 'NameTaken', message: `HTTPRoute ${route.name} exists and is not ours; rename the AppRelease or remove it` };
  }
  if (!namesService(record(gateway.route), traffic.service)) {
    return { reason: 'InvalidSpec', message: `spec.traffic.gateway.route: no backendRef names Service ${traffic.service}` };
  }
  return tooManyRules({ release, spec, route });
}

function tooManyRules({ release, spec }: RouteParts): { reason: Reason; message: string } | undefined {
  const names = routeNamesOf(release, spec);
  const rules = list(renderRoute(record(spec.traffic?.gateway?.route), names, 0)['rules']).length;
  if (names.pin === undefined || rules <= RULES_MAX) return undefined;
  return {
    reason: 'InvalidSpec',
    message: `spec.traffic.gateway.route: with those that checks.gateway adds it has ${rules} rules, and ${RULES_MAX} are allowed; leave some out, or checks.gateway`,
  };
}

function routeView(release: ReleaseObject, spec: AppReleaseSpec, route: RouteObject | undefined): RouteView {
  const gateway = spec.traffic?.gateway;
  if (!route || !gateway) return { exists: false, isCurrent: false, acceptance: { kind: 'pending' } };
  const weight = readWeight(route.spec, release.name, gateway.routeRef?.rule);
  const names = routeNamesOf(release, spec);
  return {
    exists: true,
    isCurrent: gateway.route ? isRouteCurrent(route.spec, record(gateway.route), names) : true,
    ...(weight === undefined ? {} : { weight }),
    ...(route.weightSetAt === undefined ? {} : { weightSetAt: route.weightSetAt }),
    acceptance: readAcceptance(route, route.generation),
  };
}

/* The pair is known all the same: a hand-back must not let it go with the AppRelease. */
function blockedWith(
  { stable, canary }: Pair,
  problem: { readonly reason: Reason; readonly message: string },
): ObservedTraffic {
  return {
    view: { kind: 'blocked', ...problem },
    objects: { ...NOTHING, ...(stable ? { stable } : {}), ...(canary ? { canary } : {}) },
  };
}
