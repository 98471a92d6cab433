// Writes that users come by: the pair of Services, the application's own Service, the route.
import { isDeepStrictEqual } from 'node:util';
import {
  ANNOTATION,
  FIELD_MANAGER,
  LABEL,
  POD_TEMPLATE_HASH,
  canaryServiceName,
  stableServiceName,
} from '../api/labels.ts';
import { ApiError, isConflict } from '../kube/api-error.ts';
import type { ObjectMeta, ResourceType } from '../kube/resource.ts';
import { toText } from '../lib/instant.ts';
import { type JsonObject, record } from '../lib/json.ts';
import {
  placeOfRule,
  readWeight,
  renderReleased,
  renderRoute,
  routeNamesOf,
  weightPatch,
} from '../traffic/gateway-api.ts';
import { renderServiceSpec } from '../traffic/services.ts';
import { type ApplyContext, headOf, ownedMeta } from './apply-context.ts';
import * as type from './resources.ts';

/** Writes of a falling weight are repeated this often when the route moved under them. */
const RETREAT_ATTEMPTS = 5;

export async function pointService(
  context: ApplyContext,
  role: 'stable' | 'canary',
  hash: string,
): Promise<void> {
  const { client, materials } = context;
  const { release, selector, traffic } = materials;
  if (!traffic.own) throw new Error('pointService without the Service of the application');
  const live = traffic[role];
  const full = { ...selector, [POD_TEMPLATE_HASH]: hash };
  const name =
    role === 'stable' ? stableServiceName(release.name) : canaryServiceName(release.name);
  if (!live) await refuseToTakeOver(context, type.SERVICE, name);
  await client.apply(
    type.SERVICE,
    {
      ...headOf(type.SERVICE),
      metadata: ownedMeta(
        context,
        name,
        live ? { resourceVersion: live.resourceVersion, uid: live.uid } : {},
      ),
      spec: renderServiceSpec(traffic.own.spec, full),
    },
    { fieldManager: FIELD_MANAGER, force: live !== undefined },
  );
  if (role === 'stable' && traffic.isOwnManaged) await pointOwnService(context, full);
}

/* The cache shows no object of that name. If there is one after all, it may be somebody else's: look
   again. What is made in between is not forced, so that its maker's fields are a conflict. */
async function refuseToTakeOver(
  { client, materials }: ApplyContext,
  resource: ResourceType,
  name: string,
): Promise<void> {
  const { namespace } = materials.release;
  const found = await client.get({ type: resource, namespace, name }).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'notFound') return undefined;
    throw error;
  });
  if (!found) return;
  throw new ApiError({
    status: 409,
    code: 'alreadyExists',
    reason: 'AlreadyExists',
    message: `${resource.kind} ${name} is there and was not seen yet`,
  });
}

/* Clients inside the cluster use the application's own Service: it follows stable. */
async function pointOwnService(
  { client, materials }: ApplyContext,
  selector: Record<string, string>,
): Promise<void> {
  const { own } = materials.traffic;
  if (!own) return;
  await client.apply(
    type.SERVICE,
    {
      ...headOf(type.SERVICE),
      metadata: { name: own.name, namespace: own.namespace, uid: own.uid },
      spec: { selector },
    },
    { fieldManager: FIELD_MANAGER },
  );
}

export async function setWeight(context: ApplyContext, weight: number): Promise<void> {
  const before = context.materials.traffic.route;
  const { release, spec } = context.materials;
  const shown =
    before && readWeight(before.spec, release.name, spec?.traffic?.gateway?.routeRef?.rule);
  const isRetreat = shown !== undefined && weight < shown;
  let route = before && { resourceVersion: before.resourceVersion, spec: before.spec };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writeWeight(context, weight, route);
    } catch (error) {
      // A rollback does not queue behind a conflict: read the route as it is now and write again.
      if (!isRetreat || !isConflict(error) || attempt >= RETREAT_ATTEMPTS) throw error;
      route = await readRoute(context);
    }
  }
}

interface RouteNow {
  readonly resourceVersion: string;
  readonly spec: Record<string, unknown>;
}

async function readRoute({ client, materials }: ApplyContext): Promise<RouteNow | undefined> {
  const { route } = materials.traffic;
  if (!route) return undefined;
  const raw = await client.get({
    type: type.HTTP_ROUTE,
    namespace: route.namespace,
    name: route.name,
  });
  return { resourceVersion: raw.metadata.resourceVersion ?? '', spec: record(raw['spec']) };
}

async function writeWeight(
  context: ApplyContext,
  weight: number,
  route: RouteNow | undefined,
): Promise<void> {
  const { client, materials } = context;
  const { release, spec } = materials;
  const traffic = spec?.traffic;
  const gateway = traffic?.gateway;
  if (!traffic || !gateway) throw new Error('setWeight without a gateway');
  if (gateway.routeRef) {
    if (!route) throw new Error('setWeight without the route it refers to');
    const place = placeOfRule(route.spec, release.name, gateway.routeRef.rule);
    if (place.kind === 'wrong') throw new Error(place.message);
    await client.jsonPatch(
      { type: type.HTTP_ROUTE, namespace: release.namespace, name: gateway.routeRef.name },
      [
        { op: 'test', path: '/metadata/resourceVersion', value: route.resourceVersion },
        ...weightPatch(place, gateway.routeRef.rule, weight),
      ],
    );
    return;
  }
  const names = routeNamesOf(release, spec);
  if (!route) await refuseToTakeOver(context, type.HTTP_ROUTE, release.name);
  await client.apply(
    type.HTTP_ROUTE,
    {
      ...headOf(type.HTTP_ROUTE),
      metadata: ownedMeta(context, release.name, {
        ...(route ? { resourceVersion: route.resourceVersion } : {}),
        annotations: { [ANNOTATION.weightSetAt]: weightSetAt(context, weight, route) },
      }),
      spec: renderRoute(record(gateway.route), names, weight),
    },
    { fieldManager: FIELD_MANAGER, force: route !== undefined },
  );
}

/* Stands on the route itself, in the same write: no write to the status is needed to remember it. */
function weightSetAt(
  { clock, materials }: ApplyContext,
  weight: number,
  route: RouteNow | undefined,
): string {
  const before = materials.traffic.route?.weightSetAt;
  const isThere = route && readWeight(route.spec, materials.release.name) === weight;
  return toText(isThere && before !== undefined ? before : clock.now());
}

/**
 * What users come by does not go with the AppRelease: it is left behind without an owner. What was let
 * go already is not written again, or an operator that dies after each write would do nothing else.
 */
export async function releaseRoute(context: ApplyContext): Promise<void> {
  const { own, isOwnManaged } = context.materials.traffic;
  const { deployment, spec } = context.materials;
  const isPointed = own && isDeepStrictEqual(own.spec['selector'], deployment?.selector);
  if (own && isOwnManaged && deployment && !isPointed) {
    await context.client.apply(
      type.SERVICE,
      {
        ...headOf(type.SERVICE),
        metadata: { name: own.name, namespace: own.namespace, uid: own.uid },
        spec: { selector: deployment.selector },
      },
      { fieldManager: FIELD_MANAGER },
    );
  }
  const wanted = spec?.traffic?.gateway?.route;
  if (wanted) return releaseWantedRoute(context, record(wanted));
  // Before the route: from here on both Services lead to the same pods, whatever the weights are.
  await releasePair(context);
  await disownRoute(context);
}

/* The route goes back to the Service that the user named. */
async function releaseWantedRoute(
  { client, materials }: ApplyContext,
  wanted: JsonObject,
): Promise<void> {
  const {
    release,
    traffic: { route },
  } = materials;
  if (!route || route.isLetGo) return;
  await client.apply(
    type.HTTP_ROUTE,
    {
      ...headOf(type.HTTP_ROUTE),
      metadata: {
        name: route.name,
        namespace: release.namespace,
        uid: route.uid,
        labels: { [LABEL.managedBy]: 'slipway' },
      },
      spec: renderReleased(wanted),
    },
    { fieldManager: FIELD_MANAGER, force: true },
  );
}

const PAIR_IS_LEFT =
  'left behind when its AppRelease was deleted, because an HTTPRoute rule names it; it selects all pods of the Deployment. Delete it once no rule names it';

/* A rule that git owns goes on naming the pair: both Services stay until git names another. */
async function releasePair({ client, materials }: ApplyContext): Promise<void> {
  const { deployment, release, traffic } = materials;
  if (!deployment) return;
  for (const service of [traffic.stable, traffic.canary]) {
    if (service?.owner?.uid !== release.uid) continue;
    const metadata: ObjectMeta = {
      name: service.name,
      namespace: service.namespace,
      uid: service.uid,
      labels: { [LABEL.managedBy]: 'slipway' },
      annotations: { [ANNOTATION.handBack]: PAIR_IS_LEFT },
    };
    await client.apply(
      type.SERVICE,
      {
        ...headOf(type.SERVICE),
        metadata,
        spec: renderServiceSpec(service.spec, deployment.selector),
      },
      { fieldManager: FIELD_MANAGER, force: true },
    );
  }
}

/* A route of ours that the specification no longer describes keeps what it has. */
async function disownRoute({ client, materials }: ApplyContext): Promise<void> {
  const {
    release,
    traffic: { route },
  } = materials;
  if (!route || route.owner?.uid !== release.uid) return;
  await client.jsonPatch({ type: type.HTTP_ROUTE, namespace: route.namespace, name: route.name }, [
    { op: 'test', path: '/metadata/uid', value: route.uid },
    { op: 'replace', path: '/metadata/ownerReferences', value: [] },
  ]);
}
