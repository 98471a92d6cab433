// One namespace of a test with all that a test needs in it: to write as git or kubectl would, to look
// on, to wait, and to run operators. Everything is ended after the test, passed or failed.
import { afterEach } from '@jest/globals';
import type { AppReleaseStatus } from '../../../operator/src/api/app-release-status.ts';
import type { GatewayAccess } from '../../../operator/src/controller/sample-gateway.ts';
import type { FetchPage } from '../../../operator/src/controller/sample-pods.ts';
import { createSend, type Send } from '../../../operator/src/controller/queries/send.ts';
import * as type from '../../../operator/src/controller/resources.ts';
import type { KubeClient } from '../../../operator/src/kube/client.ts';
import type { RawObject, ResourceType } from '../../../operator/src/kube/resource.ts';
import type { Transport } from '../../../operator/src/kube/transport.ts';
import { systemClock } from '../../../operator/src/lib/clock.ts';
import { startOperator, type Operator } from '../../../operator/src/operator.ts';
import type { ApiTier } from '../../cluster/src/api-tier.ts';
import type { Kubectl } from '../../cluster/src/kubectl.ts';
import { waitFor } from '../../cluster/src/process/wait.ts';
import { APP } from './builders.ts';
import { clientOf, connectTo, kubectlOf, sharedTier } from './tier.ts';
import { statusOf, watchWorld, type World } from './world.ts';

/** Git, or a person with kubectl. */
export const GIT = 'kubectl-client-side-apply';

/* The garbage collector learns of a new kind only half a minute after it was installed. */
const DEADLINE_MS = 60_000;

export interface OperatorParts {
  /** The pages that pods serve; without it no page can be read. */
  readonly fetchPage?: FetchPage;
  /** The proxies of the gateway; without it there are none. */
  readonly gatewayAccess?: GatewayAccess;
  /** What queries are answered; without it they may ask servers of the test. */
  readonly send?: Send;
  readonly identity?: string;
  /** As it would be with other rights than an administrator's. */
  readonly transport?: Transport;
  readonly instance?: string;
  /** Looks at all namespaces, not only at that of the lab. */
  readonly isClusterWide?: boolean;
}

export interface RunningOperator {
  readonly operator: Operator;
  readonly identity: string;
  /** What it logged, one line each. */
  readonly lines: readonly string[];
  /** Why it would have ended its process, if so. */
  lostBecause(): string | undefined;
  stop(): Promise<void>;
}

type Check = () => boolean | Promise<boolean>;

export interface Lab {
  readonly namespace: string;
  readonly tier: ApiTier;
  readonly client: KubeClient;
  readonly transport: Transport;
  readonly world: World;
  /** kubectl in the namespace. */
  readonly kubectl: Kubectl;
  /** Server-side apply as git; returns the object as stored. */
  apply(object: RawObject): Promise<RawObject>;
  patch(resource: ResourceType, name: string, patch: object): Promise<RawObject>;
  remove(resource: ResourceType, name: string): Promise<void>;
  status(name?: string): AppReleaseStatus;
  /** Waits until the check holds, a minute unless told; a failure shows the release and its pods. */
  eventually(what: string, check: Check, deadlineMs?: number): Promise<void>;
  startOperator(parts?: OperatorParts): Promise<RunningOperator>;
  /** Something to end after the test. */
  onEnd(end: () => Promise<void> | void): void;
}

let namespaces = 0;

/**
 * Call at the top of a file of tests; what it returns opens a lab that ends with its test. A namespace
 * that is named is the test's to make.
 */
export function useLabs(
  tierOf: () => ApiTier = sharedTier,
): (named?: string) => Promise<Lab> {
  const ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });
  return async (named) => {
    const tier = tierOf();
    namespaces += 1;
    const namespace = named ?? `t${process.pid}-${Date.now().toString(36)}-${namespaces}`;
    const transport = connectTo(tier, 'integration-test');
    ends.push(() => transport.close());
    const client = clientOf(transport);
    if (named === undefined) await client.create(NAMESPACE, { metadata: { name: namespace } });
    const world = await watchWorld(transport, namespace);
    ends.push(() => world.stop());
    return labIn({ tier, namespace, transport, client, world, ends });
  };
}

export const NAMESPACE: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

interface Parts {
  readonly tier: ApiTier;
  readonly namespace: string;
  readonly transport: Transport;
  readonly client: KubeClient;
  readonly world: World;
  readonly ends: (() => Promise<void> | void)[];
}

const TYPES: Readonly<Record<string, ResourceType>> = Object.fromEntries(
  [
    type.APP_RELEASE,
    type.RELEASE_ACTION,
    type.DEPLOYMENT,
    type.SERVICE,
    type.CONFIG_MAP,
    type.HTTP_ROUTE,
    type.AUTOSCALER,
  ].map((one) => [one.kind, one]),
);

function labIn({ tier, namespace, transport, client, world, ends }: Parts): Lab {
  const operators: RunningOperator[] = [];
  const kubectl = kubectlOf(tier);
  const status = (name = APP): AppReleaseStatus => statusOf(world.get(type.APP_RELEASE, name));
  return {
    namespace,
    tier,
    client,
    transport,
    world,
    status,
    kubectl: (args, input) => kubectl(['-n', namespace, ...args], input),
    async apply(object) {
      const resource = TYPES[object.kind ?? ''];
      if (!resource) throw new Error(`apply of ${object.kind}: not known to the lab`);
      const placed = { ...object, metadata: { ...object.metadata, namespace } };
      return client.apply(resource, placed, { fieldManager: GIT, force: true });
    },
    patch: (resource, name, patch) =>
      client.mergePatch({ type: resource, namespace, name }, patch, { fieldManager: GIT }),
    remove: (resource, name) => client.delete({ type: resource, namespace, name }),
    eventually: async (what, check, deadlineMs = DEADLINE_MS) => {
      await waitFor({
        what,
        deadlineMs,
        everyMs: 20,
        check: async () => (await check()) || undefined,
        diagnose: () => describeWorld(world, operators),
      });
    },
    startOperator: async (parts = {}) => {
      const running = startIn({ tier, namespace }, parts);
      operators.push(running);
      ends.push(() => running.stop());
      await waitFor({
        what: 'the caches of the operator',
        deadlineMs: DEADLINE_MS,
        everyMs: 10,
        check: () => running.operator.isSynced() || undefined,
      });
      return running;
    },
    onEnd: (end) => void ends.push(end),
  };
}

let operatorsStarted = 0;

function startIn(
  { tier, namespace }: { tier: ApiTier; namespace: string },
  parts: OperatorParts,
): RunningOperator {
  operatorsStarted += 1;
  const identity = parts.identity ?? `operator-${operatorsStarted}`;
  const lines: string[] = [];
  let lost: string | undefined;
  let stopped: Promise<void> | undefined;
  const operator = startOperator({
    transport: parts.transport ?? connectTo(tier, `slipway-test-${namespace}`),
    clock: systemClock,
    log: (level, message, keys) => {
      if (lines.length < 2000) lines.push(`${level} ${message} ${JSON.stringify(keys ?? {})}`);
    },
    namespaces: parts.isClusterWide === true ? [] : [namespace],
    instance: parts.instance ?? 'slipway',
    leaseNamespace: namespace,
    identity,
    fetchPage: parts.fetchPage ?? (() => Promise.resolve(undefined)),
    ...(parts.gatewayAccess ? { gatewayAccess: parts.gatewayAccess } : {}),
    send: parts.send ?? createSend({ loopback: 'allowed' }),
    onLost: (why) => {
      lost ??= why;
    },
  });
  return {
    operator,
    identity,
    lines,
    lostBecause: () => lost,
    stop: () => (stopped ??= operator.stop()),
  };
}

function describeWorld(world: World, operators: readonly RunningOperator[]): string {
  const releases = world.list(type.APP_RELEASE).map((raw) => {
    const { conditions, history, analysis: _analysis, ...status } = statusOf(raw);
    const told = conditions
      ?.map(({ type: name, status: value, reason }) => `${name}=${value}(${reason})`)
      .join(' ');
    const past = history
      ?.map(({ revision, outcome, reason }) => `${revision} ${outcome} ${reason}`)
      .join(', ');
    return `AppRelease ${raw.metadata.name}: ${JSON.stringify(status)}\n  ${told}\n  history: ${past}`;
  });
  const sets = [...world.sets(), ...world.foreignSets()].map(
    (set) =>
      `  set ${set.name} ${set.image} desired ${set.desired} of ${set.owner} ${set.annotations['slipway.dev/outcome'] ?? ''}`,
  );
  const pods = world
    .pods()
    .map(
      (pod) =>
        `  pod ${pod.name} ${pod.isReady ? 'ready' : 'not ready'}${pod.isTerminating ? ' terminating' : ''}`,
    );
  const logs = operators.map(
    ({ identity, lines }) =>
      `log of ${identity}:\n  ${lines
        .slice(-12)
        .map((line) => line.slice(0, 400))
        .join('\n  ')}`,
  );
  return [...releases, ...sets, ...pods.slice(0, 30), ...logs].join('\n');
}
