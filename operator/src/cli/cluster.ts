// All that the commands ask of the API server.
import { API_GROUP, API_VERSION } from '../api/group.ts';
import {
  actionStatusSchema,
  type ReleaseActionSpec,
  type ReleaseActionStatus,
} from '../api/release-action.ts';
import { ApiError } from '../kube/api-error.ts';
import { createClient } from '../kube/client.ts';
import type { RawObject, ResourceType } from '../kube/resource.ts';
import type { Transport } from '../kube/transport.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { contextNamespace, kubeconfigPath } from './kubeconfig.ts';
import { toReleaseView, type ReleaseView, type SetPods } from './release-view.ts';
import { UserError } from './user-error.ts';

export const APP_RELEASES = resource(API_GROUP, API_VERSION, 'AppRelease');
export const RELEASE_ACTIONS = resource(API_GROUP, API_VERSION, 'ReleaseAction');
export const DEPLOYMENTS = resource('apps', 'v1', 'Deployment');
export const REPLICA_SETS = resource('apps', 'v1', 'ReplicaSet');
export const SERVICES = resource('', 'v1', 'Service');

const WHO_AM_I = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

export interface Cluster {
  readonly namespace: string;
  /** The name under which the API server knows the caller. */
  whoAmI(): Promise<string>;
  /** A UserError when there is no such release. */
  release(name: string): Promise<ReleaseView>;
  /** undefined when there is none, or when the caller may not look. */
  deploymentGeneration(name: string): Promise<number | undefined>;
  /** A Deployment and the Services beside it. A UserError when there is no such Deployment. */
  workload(name: string): Promise<Record<string, unknown>[]>;
  /** undefined when there is none, or when the caller may not look. */
  replicaSet(name: string): Promise<SetPods | undefined>;
  /** Creates the action and tells its name. */
  ask(action: ReleaseActionSpec): Promise<string>;
  actionStatus(name: string): Promise<ReleaseActionStatus>;
  close(): void;
}

/** The cluster and namespace that the flags name. */
export function openCluster(args: Arguments, io: Io): Cluster {
  const path = kubeconfigPath(args.text('kubeconfig'), io);
  const namespace = args.text('namespace') ?? contextNamespace(path, io);
  return createCluster(io.connect(path), namespace);
}

export function createCluster(transport: Transport, namespace: string): Cluster {
  const client = createClient(transport);
  const look = (type: ResourceType, name: string): Promise<RawObject | undefined> =>
    client.get({ type, namespace, name }).catch(nothingToSee);
  return {
    namespace,
    async whoAmI() {
      const review = await transport.request<SubjectReview>({
        method: 'POST',
        path: WHO_AM_I,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      });
      const name = review.status?.userInfo?.username;
      if (name === undefined) throw new UserError('the API server does not say who you are');
      return name;
    },
    async release(name) {
      const raw = await client.get({ type: APP_RELEASES, namespace, name }).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.code !== 'notFound') throw error;
        throw new UserError(
          `there is no AppRelease ${name} in namespace ${namespace}; see kubectl get appreleases -A`,
        );
      });
      return toReleaseView(raw);
    },
    async deploymentGeneration(name) {
      return (await look(DEPLOYMENTS, name))?.metadata.generation;
    },
    async workload(name) {
      const deployment = await look(DEPLOYMENTS, name);
      if (deployment === undefined) {
        throw new UserError(`there is no Deployment ${name} in namespace ${namespace} that you may see`);
      }
      const { items } = await client.list(SERVICES, { namespace });
      // Items of a list do not say what they are.
      return [
        { ...deployment, kind: DEPLOYMENTS.kind },
        ...items.map((item) => ({ ...item, kind: SERVICES.kind })),
      ];
    },
    async replicaSet(name) {
      const raw = await look(REPLICA_SETS, name);
      return raw && { name, wanted: count(raw, 'spec', 'replicas'), ready: count(raw, 'status', 'readyReplicas') };
    },
    async ask(action) {
      const created = await client.create(RELEASE_ACTIONS, {
        metadata: { namespace, generateName: `${action.release}-${action.action}-` },
        spec: action,
      });
      return created.metadata.name ?? '';
    },
    async actionStatus(name) {
      const raw = await client.get({ type: RELEASE_ACTIONS, namespace, name });
      // A status of another shape is no answer yet.
      return actionStatusSchema.safeParse(raw['status'] ?? {}).data ?? {};
    },
    close: () => transport.close(),
  };
}

interface SubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

function nothingToSee(error: unknown): undefined {
  if (error instanceof ApiError && (error.code === 'notFound' || error.code === 'forbidden')) return undefined;
  throw error;
}

function resource(group: string, version: string, kind: string): ResourceType {
  return { group, version, kind, plural: `${kind.toLowerCase()}s`, namespaced: true };
}

function count(raw: RawObject, part: 'spec' | 'status', name: string): number {
  const fields = raw[part];
  const value: unknown =
    typeof fields === 'object' && fields !== null
      ? Object.getOwnPropertyDescriptor(fields, name)?.value
      : undefined;
  return typeof value === 'number' ? value : 0;
}
