// The kinds of objects that the controller reads and writes.
import { API_GROUP_VERSION } from '../api/group.ts';
import type { ResourceType } from '../kube/resource.ts';

const namespaced = (apiVersion: string, kind: string, plural: string): ResourceType => {
  const [group = '', version = ''] = apiVersion.includes('/')
    ? apiVersion.split('/')
    : ['', apiVersion];
  return { group, version, kind, plural, namespaced: true };
};

export const APP_RELEASE = namespaced(API_GROUP_VERSION, 'AppRelease', 'appreleases');
export const RELEASE_ACTION = namespaced(API_GROUP_VERSION, 'ReleaseAction', 'releaseactions');
export const DEPLOYMENT = namespaced('apps/v1', 'Deployment', 'deployments');
export const REPLICA_SET = namespaced('apps/v1', 'ReplicaSet', 'replicasets');
export const POD = namespaced('v1', 'Pod', 'pods');
export const SERVICE = namespaced('v1', 'Service', 'services');
export const CONFIG_MAP = namespaced('v1', 'ConfigMap', 'configmaps');
export const SECRET = namespaced('v1', 'Secret', 'secrets');
export const JOB = namespaced('batch/v1', 'Job', 'jobs');
export const ENDPOINT_SLICE = namespaced('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
export const HTTP_ROUTE = namespaced('gateway.networking.k8s.io/v1', 'HTTPRoute', 'httproutes');
export const AUTOSCALER = namespaced(
  'autoscaling/v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
);
