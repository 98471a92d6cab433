// The running operator: caches, queue, workers, samples, election. Built here from its parts, so that
// tests start the very same thing against another API server or with other eyes on the pods.
import type { Registry } from 'prom-client';
import { createClient, type KubeClient } from './kube/client.ts';
import { createEventRecorder } from './kube/events.ts';
import { startElector } from './kube/lease.ts';
import { createKubeMetrics, type KubeMetrics } from './kube/metrics.ts';
import { createQueue, PRIORITY_NORMAL, PRIORITY_URGENT } from './kube/queue.ts';
import type { Transport } from './kube/transport.ts';
import { runWorkers, type Outcome, type Workers } from './kube/worker.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { createReconciler } from './reconcile.ts';
import { createCollector } from './controller/collect-samples.ts';
import type { GatewayAccess } from './controller/sample-gateway.ts';
import type { FetchPage } from './controller/sample-pods.ts';
import { createConfigReader } from './controller/configs.ts';
import { firstPriority } from './controller/first-look.ts';
import { createJournal } from './controller/journal.ts';
import { createObserver } from './controller/observe/observe.ts';
import { createQueryWatcher } from './controller/queries/ask-queries.ts';
import { createSecretReader } from './controller/queries/secrets.ts';
import type { Send } from './controller/queries/send.ts';
import { startActionSweep } from './controller/sweep-actions.ts';
import { startStore, type Store } from './controller/store.ts';
import { createTemplateTrier } from './controller/templates.ts';

export interface OperatorOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespaces: readonly string[];
  readonly instance: string;
  readonly leaseNamespace: string;
  readonly identity: string;
  readonly fetchPage: FetchPage;
  /** How the counters of gateways are read. @default - they are not */
  readonly gatewayAccess?: GatewayAccess;
  /** How queries leave the operator. */
  readonly send: Send;
  readonly registry?: Registry;
  readonly workers?: number;
  readonly leaseTimes?: {
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  /** Leadership was lost, or another leader has written: end the process. */
  readonly onLost: (why: string) => void;
}

export interface Operator {
  /** All caches hold their first list. */
  isSynced(): boolean;
  isLeader(): boolean;
  /** Finishes what is being written, gives the Lease back, closes every watch. */
  stop(): Promise<void>;
}

interface Scope {
  readonly namespace: string | undefined;
  readonly store: Store;
  readonly reconcile: (key: string) => Promise<Outcome>;
}

/** A worker mostly waits for the API server: more of them get a busy one to answer more. */
const WORKERS = 32;

export function startOperator(options: OperatorOptions): Operator {
  const { clock, instance, log, transport } = options;
  const metrics: KubeMetrics | undefined =
    options.registry && createKubeMetrics(options.registry, clock);
  const queue = createQueue<string>({ clock });
  metrics?.watchQueue(queue);
  let workers: Workers | undefined;
  let isSynced = false;
  let isStopping = false;

  const elector = startElector({
    client: createClient(transport),
    clock,
    log,
    namespace: options.leaseNamespace,
    name: `slipway-${instance}`,
    identity: options.identity,
    ...options.leaseTimes,
    onElected: (epoch) => {
      log('info', 'leading', { epoch });
      begin();
    },
    onLost: () => options.onLost('the Lease was lost'),
  });
  const beforeWrite = (): void => {
    if (!elector.isLeader()) throw new Error('not leading: nothing may be written');
  };
  const guarded = createClient(transport, { beforeWrite });
  const events = createEventRecorder({
    client: guarded,
    clock,
    log,
    controller: 'slipway.dev/operator',
    instance: options.identity,
  });
  const collector = createCollector({
    clock,
    log,
    fetchPage: options.fetchPage,
    ...(options.gatewayAccess ? { gatewayAccess: options.gatewayAccess } : {}),
    onEvidence: (key, isUrgent) =>
      queue.add(key, { priority: isUrgent ? PRIORITY_URGENT : PRIORITY_NORMAL }),
  });
  const queries = createQueryWatcher({
    clock,
    log,
    client: guarded,
    send: options.send,
    readSecret: createSecretReader(guarded, clock),
    onResult: (key, isUrgent) =>
      queue.add(key, { priority: isUrgent ? PRIORITY_URGENT : PRIORITY_NORMAL }),
  });
  const journal = createJournal(log);
  const namespaces = options.namespaces.length > 0 ? options.namespaces : [undefined];
  const scopes: Scope[] = namespaces.map((namespace) => openScope(namespace));

  function openScope(namespace: string | undefined): Scope {
    const store = startStore({
      transport,
      clock,
      log,
      instance,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metrics ? { metrics } : {}),
      onKey: (key, priority) => queue.add(key, { priority }),
    });
    const clientFor = (key: string): KubeClient =>
      createClient(transport, {
        beforeWrite,
        onWrite: ({ type, object }) =>
          store.expectations.note(type, key, object.metadata.resourceVersion ?? ''),
      });
    const observer = createObserver({
      store,
      client: guarded,
      clock,
      log,
      instance,
      configs: createConfigReader(guarded, store),
      templates: createTemplateTrier(guarded, clock),
    });
    const reconcile = createReconciler({
      store,
      observer,
      collector,
      queries,
      journal,
      events,
      clientFor,
      clock,
      log,
      epoch: () => elector.epoch() ?? 0,
      confirmLead: () => elector.confirm(),
      onNewerEpoch: () => options.onLost('a newer leader has written a status'),
    });
    return { namespace, store, reconcile };
  }

  const sweep = startActionSweep({
    clock,
    client: guarded,
    log,
    stores: () => scopes.map(({ store }) => store),
    isLeader: () => elector.isLeader(),
  });

  Promise.all(scopes.map(({ store }) => store.synced)).then(
    () => {
      isSynced = true;
      log('info', 'caches filled', {
        releases: scopes.reduce((sum, { store }) => sum + store.releases.size, 0),
      });
      begin();
    },
    (error: unknown) => {
      if (!isStopping) options.onLost(`caches were not filled: ${String(error)}`);
    },
  );

  /* A standby keeps its caches warm and its queue filled; it only does not work on it. */
  function begin(): void {
    if (!isSynced || !elector.isLeader() || workers || isStopping) return;
    for (const { store } of scopes) {
      for (const release of store.releases.list()) {
        const priority = firstPriority(store, release);
        queue.add(`${release.namespace}/${release.name}`, { priority });
      }
    }
    workers = runWorkers<string>({
      queue,
      clock,
      concurrency: options.workers ?? WORKERS,
      reconcile: (key) => scopeOf(scopes, key).reconcile(key),
      onOutcome: (finished) => {
        metrics?.reconciled(finished);
        if (finished.outcome.kind === 'retry') {
          log(finished.threw ? 'warn' : 'debug', 'will look again', {
            release: finished.key,
            error: String(finished.outcome.error),
          });
        }
      },
    });
  }

  return {
    isSynced: () => isSynced,
    isLeader: () => elector.isLeader(),
    async stop() {
      isStopping = true;
      sweep.stop();
      collector.stop();
      queries.stop();
      await workers?.stop();
      queue.close();
      await events.stop();
      await elector.stop();
      await Promise.all(scopes.map(({ store }) => store.stop()));
      transport.close();
    },
  };
}

function scopeOf(scopes: readonly Scope[], key: string): Scope {
  const [namespace] = key.split('/');
  const scope = scopes.find((one) => one.namespace === undefined || one.namespace === namespace);
  if (!scope) throw new Error(`no scope for ${key}`);
  return scope;
}
