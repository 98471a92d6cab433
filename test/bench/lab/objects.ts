// The objects that releases are made of, with only what a benchmark needs to say.
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import type { JsonPatchOperation } from '../../../operator/src/kube/client.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';

export type Place = { readonly namespace: string; readonly name: string };

type Steps = NonNullable<NonNullable<AppReleaseSpecInput['strategy']['canary']>['steps']>;

export const imageOf = (version: number): string => `registry.invalid/app:${version}`;

/** A Deployment of an AppRelease: no pods of its own, so `replicas` is 0. */
export const deployment = ({ namespace, name }: Place): RawObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{
          name: 'app',
          image: imageOf(1),
          ports: [{ name: 'http', containerPort: 8080 }, { name: 'metrics', containerPort: 9464 }],
        }],
      },
    },
  },
});

/** The change of a Deployment that starts a release. */
export const toVersion = (version: number): readonly JsonPatchOperation[] => [
  { op: 'replace', path: '/spec/template/spec/containers/0/image', value: imageOf(version) },
];

export const appRelease = (
  { namespace, name }: Place,
  steps: Steps,
  more: Partial<AppReleaseSpecInput> = {},
): RawObject => ({
  apiVersion: 'slipway.dev/v1alpha1',
  kind: 'AppRelease',
  metadata: { namespace, name },
  spec: { workloadRef: { name }, strategy: { canary: { steps } }, ...more },
});

/** The application's own Service, with its selector left to the operator. */
export const service = ({ namespace, name }: Place): RawObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec: { ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});

/** `spec.traffic` with an HTTPRoute that the operator makes. */
export const gatewayTraffic = (name: string, settleSeconds: number): AppReleaseSpecInput['traffic'] => ({
  service: name,
  settleSeconds,
  gateway: {
    route: { parentRefs: [{ name: 'gateway' }], rules: [{ backendRefs: [{ name, port: 80 }] }] },
  },
});
