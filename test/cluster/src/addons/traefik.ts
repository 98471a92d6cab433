// Traefik: a second data plane, so that nothing here is tuned to one. Off unless asked for.

import type { KubeObject } from '../apply.ts';
import { SECOND_GATEWAY_PORT } from '../node/plan.ts';
import { GATEWAY_NAMESPACE } from './envoy-gateway.ts';

export const TRAEFIK_IMAGE = 'localhost/slipway/traefik:1';
export const TRAEFIK_GATEWAY = 'traefik';

const NAMESPACE = 'traefik';
const METRICS_PORT = 8101;
const rbac = 'rbac.authorization.k8s.io';
const metadata = { name: 'traefik', namespace: NAMESPACE };
const labels = { app: 'traefik' };
const read = ['get', 'list', 'watch'];
const ROUTES = [
  'gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'tcproutes', 'tlsroutes', 'referencegrants',
  'backendtlspolicies', 'listenersets',
];

const rules = [
  {
    apiGroups: [''],
    resources: ['namespaces', 'services', 'secrets', 'configmaps', 'nodes', 'endpoints', 'pods'],
    verbs: read,
  },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: read },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update', 'patch'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ROUTES, verbs: read },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: ROUTES.map((name) => `${name}/status`),
    verbs: ['update', 'patch'],
  },
];

const argsFor = (nodeAddress: string): readonly string[] => [
  `--entrypoints.web.address=:${SECOND_GATEWAY_PORT}`,
  `--entrypoints.traefik.address=:${METRICS_PORT}`,
  '--ping=true',
  '--metrics.prometheus=true',
  '--metrics.prometheus.addservicesLabels=true',
  // With the default of 2 s, requests go to pods that have ended.
  '--providers.providersthrottleduration=100ms',
  '--providers.kubernetesgateway=true',
  `--providers.kubernetesgateway.statusaddress.ip=${nodeAddress}`,
  '--providers.kubernetesingress=true',
  '--providers.kubernetesingress.ingressclass=traefik',
  '--providers.kubernetesingressnginx=true',
  '--global.checknewversion=false',
  '--global.sendanonymoususage=false',
];

/** Namespace first; the rest may come in any order. */
export const traefikObjects = (nodeAddress: string): readonly (readonly KubeObject[])[] => [
  [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }],
  [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'traefik' }, rules },
    {
      apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'traefik' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'traefik' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    ingressClass('traefik', 'traefik.io/ingress-controller'),
    ingressClass('nginx', 'k8s.io/ingress-nginx'),
    deployment(nodeAddress),
    {
      apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name: TRAEFIK_GATEWAY },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway',
      metadata: { name: TRAEFIK_GATEWAY, namespace: GATEWAY_NAMESPACE },
      spec: {
        gatewayClassName: TRAEFIK_GATEWAY,
        listeners: [{
          name: 'http', protocol: 'HTTP', port: SECOND_GATEWAY_PORT,
          allowedRoutes: { namespaces: { from: 'All' } },
        }],
      },
    },
  ],
];

const ingressClass = (name: string, controller: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller },
});

const deployment = (nodeAddress: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas: 1,
    // Two would want the same port of the node.
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'traefik',
        hostNetwork: true,
        dnsPolicy: 'ClusterFirstWithHostNet',
        securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{
          name: 'traefik',
          image: TRAEFIK_IMAGE,
          imagePullPolicy: 'Never',
          args: argsFor(nodeAddress),
          readinessProbe: { httpGet: { path: '/ping', port: METRICS_PORT }, periodSeconds: 1 },
          securityContext: {
            allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        }],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    },
  },
});
