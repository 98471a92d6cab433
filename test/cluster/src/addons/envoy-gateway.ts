// Envoy Gateway: the data plane of the local cluster. One Envoy on the node's own network, so that
// the host reaches it without a load balancer.

import type { KubeObject } from '../apply.ts';
import { GATEWAY_PORT } from '../node/plan.ts';
import { ENVOY_GATEWAY_VERSION } from '../versions.ts';

export const ENVOY_GATEWAY_IMAGE = 'localhost/slipway/envoy-gateway:1';
export const ENVOY_IMAGE = 'localhost/slipway/envoy:1';
export const GATEWAY_NAMESPACE = 'gateway-system';
export const GATEWAY_NAME = 'slipway';
export const CONTROLLER_NAMESPACE = 'envoy-gateway-system';
/** Headless Service over the proxies' metrics pages, in the controller's namespace. */
export const STATS_SERVICE = 'envoy-stats';
export const STATS_PORT = 19_001;
/** On a Service, `true`: Envoy counts for it alone, where the gateway was made so. */
export const COUNTED_LABEL = 'slipway.test/counted';

const CONTROLLER_NAME = 'gateway.envoyproxy.io/gatewayclass-controller';

export type EnvoyOptions = {
  /**
   * `rule`: all backends of a rule share one cluster; weights are exact, changes never fail a
   * request. `service`: one cluster and one metric series per Service; a backend that had weight 0
   * fails a few requests when it gets one, unless another rule keeps it alive. `labelled`: as
   * `service` for Services with COUNTED_LABEL, as `rule` for all others.
   */
  readonly clusters: 'rule' | 'service' | 'labelled';
  readonly images?: GatewayImages;
};

export type GatewayImages = {
  readonly controller: string;
  /** Undefined leaves the choice to the controller. */
  readonly proxy: string | undefined;
};

/** Built from Go modules and a wheel, imported into the node. */
export const builtImages = (): GatewayImages => ({ controller: ENVOY_GATEWAY_IMAGE, proxy: ENVOY_IMAGE });

/** Pulled from the registry, where there is one. */
export const publishedImages = (): GatewayImages => ({
  controller: `docker.io/envoyproxy/gateway:${ENVOY_GATEWAY_VERSION}`, proxy: undefined,
});

const configOf = ({ controller }: GatewayImages): object => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyGateway',
  gateway: { controllerName: CONTROLLER_NAME },
  logging: { level: { default: 'warn' } },
  provider: {
    type: 'Kubernetes',
    kubernetes: {
      shutdownManager: { image: controller },
      leaderElection: { disable: true },
      topologyInjector: { disable: true },
    },
  },
});

const read = ['get', 'list', 'watch'];
const manage = ['create', 'get', 'list', 'delete', 'deletecollection', 'patch', 'watch'];
const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): object => ({
  apiGroups: [apiGroup], resources, verbs,
});
const statusOf = (resources: readonly string[]): readonly string[] => resources.map((name) => `${name}/status`);

const OWN_KINDS = [
  'envoyproxies', 'envoypatchpolicies', 'clienttrafficpolicies', 'backendtrafficpolicies',
  'securitypolicies', 'envoyextensionpolicies', 'backends', 'httproutefilters',
];
const ROUTE_KINDS = [
  'gateways', 'listenersets', 'grpcroutes', 'httproutes', 'tcproutes', 'tlsroutes', 'udproutes',
  'backendtlspolicies',
];

const clusterRules = [
  rule('', ['nodes', 'namespaces', 'configmaps', 'secrets', 'services'], read),
  rule('apps', ['deployments', 'daemonsets'], read),
  rule('discovery.k8s.io', ['endpointslices'], read),
  rule('gateway.envoyproxy.io', OWN_KINDS, read),
  rule('gateway.envoyproxy.io', statusOf(OWN_KINDS), ['update']),
  rule('gateway.networking.k8s.io', [...ROUTE_KINDS, 'referencegrants'], read),
  rule('gateway.networking.k8s.io', statusOf(ROUTE_KINDS), ['update']),
  rule('gateway.networking.k8s.io', ['gatewayclasses'], [...read, 'patch', 'update']),
  rule('gateway.networking.k8s.io', ['gatewayclasses/status'], ['update']),
];

const namespaceRules = [
  rule('', ['serviceaccounts', 'services', 'configmaps'], manage),
  rule('apps', ['deployments', 'daemonsets'], manage),
  rule('autoscaling', ['horizontalpodautoscalers'], manage),
  rule('policy', ['poddisruptionbudgets'], manage),
  rule('certificates.k8s.io', ['clustertrustbundles'], read),
];

const rbac = 'rbac.authorization.k8s.io';
const name = 'envoy-gateway';
const metadata = { name, namespace: CONTROLLER_NAMESPACE };
const labels = { 'control-plane': name };
const subjects = [{ kind: 'ServiceAccount', ...metadata }];
const PORTS = [18_000, 18_001, 18_002, 19_001];

/** Namespaces, which must exist before everything else. */
export const gatewayNamespaces = (): readonly KubeObject[] =>
  [CONTROLLER_NAMESPACE, GATEWAY_NAMESPACE].map((namespace) => ({
    apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace },
  }));

/** Rights, configuration and Service of the controller. */
export const envoyGatewaySetup = (images = builtImages()): readonly KubeObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules: clusterRules },
  {
    apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, subjects,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
  },
  { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: namespaceRules },
  {
    apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, subjects,
    roleRef: { apiGroup: rbac, kind: 'Role', name },
  },
  {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: 'envoy-gateway-config' },
    data: { 'envoy-gateway.yaml': JSON.stringify(configOf(images)) },
  },
  {
    apiVersion: 'v1', kind: 'Service', metadata,
    spec: { selector: labels, ports: PORTS.map((port) => ({ name: `p${port}`, port })) },
  },
];

/** The controller. Applied when a node exists and the certificates have been made. */
export const envoyGatewayDeployment = (images = builtImages()): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        terminationGracePeriodSeconds: 10,
        securityContext: {
          runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532, fsGroup: 65_532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [{
          name,
          image: images.controller,
          imagePullPolicy: 'IfNotPresent',
          args: ['server', '--config-path=/config/envoy-gateway.yaml'],
          env: [
            { name: 'ENVOY_GATEWAY_NAMESPACE', value: CONTROLLER_NAMESPACE },
            { name: 'KUBERNETES_CLUSTER_DOMAIN', value: 'cluster.local' },
          ],
          ports: PORTS.map((containerPort) => ({ containerPort })),
          readinessProbe: { httpGet: { path: '/readyz', port: 8081 }, periodSeconds: 1 },
          livenessProbe: { httpGet: { path: '/healthz', port: 8081 }, periodSeconds: 20, initialDelaySeconds: 15 },
          securityContext: {
            allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'config', mountPath: '/config', readOnly: true },
            { name: 'certs', mountPath: '/certs', readOnly: true },
            { name: 'wasm-cache', mountPath: '/var/lib/eg/wasm' },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        }],
        volumes: [
          { name: 'config', configMap: { name: 'envoy-gateway-config' } },
          { name: 'certs', secret: { secretName: name } },
          { name: 'wasm-cache', emptyDir: {} },
          { name: 'tmp', emptyDir: {} },
        ],
      },
    },
  },
});

/** Settings, class and Gateway that routes attach to, from any namespace; to be applied in this order. */
export const gatewayObjects = (options: EnvoyOptions): readonly KubeObject[] => [
  envoyProxy(options),
  {
    apiVersion: 'v1', kind: 'Service', metadata: { name: STATS_SERVICE, namespace: CONTROLLER_NAMESPACE },
    spec: {
      clusterIP: 'None',
      selector: { 'gateway.envoyproxy.io/owning-gateway-name': GATEWAY_NAME },
      ports: [{ name: 'metrics', port: STATS_PORT }],
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name: GATEWAY_NAME },
    spec: {
      controllerName: CONTROLLER_NAME,
      parametersRef: {
        group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: GATEWAY_NAME, namespace: CONTROLLER_NAMESPACE,
      },
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway',
    metadata: { name: GATEWAY_NAME, namespace: GATEWAY_NAMESPACE },
    spec: {
      gatewayClassName: GATEWAY_NAME,
      listeners: [
        { name: 'http', protocol: 'HTTP', port: GATEWAY_PORT, allowedRoutes: { namespaces: { from: 'All' } } },
      ],
    },
  },
];

/** Looked at every second: with the default of ten, Envoy is ready long before it is called so. */
const everySecond = { periodSeconds: 1, failureThreshold: 120 };

const onTheNodesNetwork = {
  hostNetwork: true,
  dnsPolicy: 'ClusterFirstWithHostNet',
  containers: ['envoy', 'shutdown-manager'].map((name) => ({ name, startupProbe: everySecond })),
};

const MERGED: Readonly<Record<EnvoyOptions['clusters'], object>> = {
  rule: {},
  service: { mergeBackends: {} },
  labelled: { mergeBackends: { selector: { matchLabels: { [COUNTED_LABEL]: 'true' } } } },
};

const envoyProxy = ({ clusters, images = builtImages() }: EnvoyOptions): KubeObject => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyProxy',
  metadata: { name: GATEWAY_NAME, namespace: CONTROLLER_NAMESPACE },
  spec: {
    concurrency: 1,
    ...MERGED[clusters],
    shutdown: { drainTimeout: '2s', minDrainDuration: '0s' },
    provider: {
      type: 'Kubernetes',
      kubernetes: {
        useListenerPortAsContainerPort: true,
        envoyService: { type: 'ClusterIP' },
        envoyDeployment: {
          strategy: { type: 'Recreate' },
          ...(images.proxy === undefined ? {} : { container: { image: images.proxy } }),
          patch: {
            type: 'StrategicMerge',
            value: { spec: { template: { spec: onTheNodesNetwork } } },
          },
        },
      },
    },
  },
});
