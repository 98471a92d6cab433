// The caches of one scope (all namespaces, or one), kept by reflectors, and the way from a changed
// object to the key of the AppRelease it concerns.
import type { Cache, Keyed } from '../kube/cache.ts';
import { createExpectations, type Expectations } from '../kube/freshness.ts';
import type { KubeMetrics } from '../kube/metrics.ts';
import {
  PRIORITY_INITIAL,
  PRIORITY_NORMAL,
  PRIORITY_SPEC_CHANGE,
  PRIORITY_URGENT,
  type Priority,
} from '../kube/queue.ts';
import { type Change, type Reflector, startReflector } from '../kube/reflector.ts';
import type { RawObject, ResourceType } from '../kube/resource.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { LABEL, POD_TEMPLATE_HASH } from '../api/labels.ts';
import { createConfigWatchers } from './config-watchers.ts';
import { createPodFlaps, type PodFlaps } from './pod-flaps.ts';
import * as project from './projections.ts';
import * as type from './resources.ts';
import {
  indexActions,
  indexByOwner,
  indexEndpointSlices,
  indexReleases,
  indexReplicaSets,
  keyOf,
  named,
} from './store-indexes.ts';

export interface Store {
  readonly releases: Cache<project.ReleaseObject>;
  readonly actions: Cache<project.ActionObject>;
  readonly deployments: Cache<project.DeploymentObject>;
  /** Indexed by the uid of the owner as `owner`, by own uid as `uid`. */
  readonly replicaSets: Cache<project.ReplicaSetObject>;
  /** Indexed by the uid of the owner as `owner`. */
  readonly pods: Cache<project.PodObject>;
  readonly services: Cache<project.ServiceObject>;
  /** Indexed by `namespace/service` as `service`. */
  readonly endpointSlices: Cache<project.EndpointSliceObject>;
  readonly autoscalers: Cache<project.AutoscalerObject>;
  /** Without content; indexed by the uid of the owner as `owner`. */
  readonly configMaps: Cache<project.ConfigMapObject>;
  /** Filled from the first call on. */
  routes(): RouteCache;
  readonly flaps: Pick<PodFlaps, 'since' | 'lossesOf'>;
  readonly expectations: Expectations;
  readonly synced: Promise<void>;
  /** The ConfigMaps that an AppRelease looks at, in place of those it looked at before. */
  watchConfigMaps(key: string, names: readonly string[]): void;
  stop(): Promise<void>;
}

export type RouteCache =
  | { readonly kind: 'filled'; readonly cache: Cache<project.RouteObject> }
  /** The first list is on its way. */
  | { readonly kind: 'filling' }
  /** The server does not have the kind, or we may not read it. */
  | { readonly kind: 'refused' };

export interface StoreOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace?: string;
  readonly instance: string;
  readonly metrics?: KubeMetrics;
  /** Somebody should look at this AppRelease. */
  readonly onKey: (key: string, priority: Priority) => void;
}

const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

export function startStore(options: StoreOptions): Store {
  const { clock, transport, log, namespace } = options;
  const reflectors = new Map<string, Reflector<Keyed>>();
  const flaps = createPodFlaps(clock);
  const configWatchers = createConfigWatchers();
  let routes: Reflector<project.RouteObject> | undefined;

  function start<T extends Keyed>(
    resource: ResourceType,
    projection: (raw: RawObject) => T,
    extra: {
      labelSelector?: string;
      accept?: string;
      keysOf: (object: T) => readonly string[];
      priorityOf?: (change: Change<T>) => Priority;
    },
  ): Reflector<T> {
    const { keysOf, priorityOf = priorityOfChange, ...selection } = extra;
    const reflector = startReflector<T>({
      transport,
      clock,
      log,
      type: resource,
      project: projection,
      ...selection,
      ...(namespace === undefined ? {} : { namespace }),
      onChange(change) {
        if (change.kind === 'synced') return;
        const priority = priorityOf(change);
        for (const key of keysOf(change.object)) options.onKey(key, priority);
      },
    });
    reflectors.set(resource.plural, reflector);
    options.metrics?.watchReflector(resource.plural, reflector);
    return reflector;
  }

  const byDeployment = (object: { namespace: string }, name: string) =>
    releases.cache
      .byIndex('deployment', keyOf(object, name))
      .map((release) => keyOf(release, release.name));
  const byOwner = (object: { namespace: string; owner?: project.Owner }): readonly string[] => {
    if (object.owner?.kind === 'AppRelease') return [keyOf(object, object.owner.name)];
    return object.owner?.kind === 'Deployment' ? byDeployment(object, object.owner.name) : [];
  };
  const ofLabel = (object: { namespace: string; release?: string }): readonly string[] =>
    object.release === undefined ? [] : [keyOf(object, object.release)];

  const releases = start(type.APP_RELEASE, project.projectRelease, {
    keysOf: (release) => [keyOf(release, release.name)],
    priorityOf: (change) =>
      change.kind === 'upserted' && change.initial ? PRIORITY_INITIAL : PRIORITY_SPEC_CHANGE,
  });
  indexReleases(releases.cache);

  const actions = start(type.RELEASE_ACTION, project.projectAction, {
    keysOf: (action) => named(action.namespace, action.spec['release']),
    priorityOf: () => PRIORITY_URGENT,
  });
  indexActions(actions.cache);

  const deployments = start(type.DEPLOYMENT, project.projectDeployment, {
    keysOf: (deployment) => byDeployment(deployment, deployment.name),
    priorityOf: (change) =>
      change.kind === 'upserted' && change.initial ? PRIORITY_INITIAL : PRIORITY_SPEC_CHANGE,
  });
  const replicaSets = start(type.REPLICA_SET, project.projectReplicaSet, {
    labelSelector: POD_TEMPLATE_HASH,
    keysOf: byOwner,
  });
  indexReplicaSets(replicaSets.cache);

  const pods = start(type.POD, project.projectPod, {
    labelSelector: POD_TEMPLATE_HASH,
    keysOf(pod) {
      const [set] = pod.owner ? replicaSets.cache.byIndex('uid', pod.owner.uid) : [];
      return set ? byOwner(set) : [];
    },
    priorityOf: (change) => podPriority(change, flaps),
  });
  indexByOwner(pods.cache);

  const services = start(type.SERVICE, project.projectService, {
    keysOf: (service) => [
      ...ofLabel(service),
      ...releases.cache
        .byIndex('service', keyOf(service, service.name))
        .map((release) => keyOf(release, release.name)),
    ],
  });
  const endpointSlices = start(type.ENDPOINT_SLICE, project.projectEndpointSlice, {
    labelSelector: LABEL.release,
    keysOf: ofLabel,
  });
  indexEndpointSlices(endpointSlices.cache);
  const autoscalers = start(type.AUTOSCALER, project.projectAutoscaler, {
    keysOf: (scaler) =>
      scaler.targetKind === 'Deployment' ? byDeployment(scaler, scaler.targetName) : [],
  });
  autoscalers.cache.addIndex('target', (scaler) =>
    scaler.targetKind === 'Deployment' ? [keyOf(scaler, scaler.targetName)] : [],
  );
  const configMaps = start(type.CONFIG_MAP, project.projectConfigMap, {
    accept: METADATA_ONLY,
    keysOf: (map) => configWatchers.of(keyOf(map, map.name)),
    priorityOf: (change) =>
      change.kind === 'upserted' && change.initial ? PRIORITY_INITIAL : PRIORITY_SPEC_CHANGE,
  });
  indexByOwner(configMaps.cache);

  function startRoutes(): Reflector<project.RouteObject> {
    const started = start(type.HTTP_ROUTE, project.projectRoute, {
      keysOf: (route) => [
        ...ofLabel(route),
        ...releases.cache
          .byIndex('route', keyOf(route, route.name))
          .map((release) => keyOf(release, release.name)),
      ],
      priorityOf: () => PRIORITY_URGENT,
    });
    started.synced.then(
      () => {
        for (const release of releases.cache.list())
          options.onKey(keyOf(release, release.name), PRIORITY_NORMAL);
      },
      () => undefined,
    );
    return started;
  }

  /* HTTPRoutes are watched only where somebody uses them: a cluster need not have the kind. */
  function routeCache(): RouteCache {
    routes ??= startRoutes();
    const { lists, reconnects } = routes.stats();
    if (lists > 0) return { kind: 'filled', cache: routes.cache };
    return { kind: reconnects.refused > 0 ? 'refused' : 'filling' };
  }

  const first = [...reflectors.values()];
  const synced = Promise.all(first.map((reflector) => reflector.synced)).then(() => undefined);

  return {
    releases: releases.cache,
    actions: actions.cache,
    deployments: deployments.cache,
    replicaSets: replicaSets.cache,
    pods: pods.cache,
    services: services.cache,
    endpointSlices: endpointSlices.cache,
    autoscalers: autoscalers.cache,
    configMaps: configMaps.cache,
    routes: routeCache,
    flaps,
    expectations: createExpectations({
      clock,
      seen: (resource) => reflectors.get(resource.plural)?.resourceVersion(),
    }),
    synced,
    watchConfigMaps(key, names) {
      const [ns = ''] = key.split('/');
      configWatchers.set(
        key,
        names.map((name) => `${ns}/${name}`),
      );
    },
    async stop() {
      await Promise.all([...reflectors.values()].map((reflector) => reflector.stop()));
    },
  };
}

function priorityOfChange(change: { kind: string; initial?: boolean }): Priority {
  return change.kind === 'upserted' && change.initial === true ? PRIORITY_INITIAL : PRIORITY_NORMAL;
}

/* A pod that stops being ready, or shows trouble, goes before everything else. */
function podPriority(change: Change<project.PodObject>, flaps: PodFlaps): Priority {
  const noted = flaps.note(change);
  if (change.kind !== 'upserted') return PRIORITY_NORMAL;
  if (change.initial) return PRIORITY_INITIAL;
  return noted === 'lost' || change.object.trouble ? PRIORITY_URGENT : PRIORITY_NORMAL;
}
