// The objects that tests apply, with only what matters to a test to be said.
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { BEHAVIOUR_LABEL, type Behaviour } from '../../cluster/src/kwok/stages.ts';

export interface Version {
  /** The tag of the image: what makes one version differ from another. */
  readonly tag: string;
  readonly behaviour?: Behaviour;
  /** Names of ConfigMaps that the container reads whole. */
  readonly configMaps?: readonly string[];
  readonly annotations?: Record<string, string>;
}

export const APP = 'web';

export function podTemplate({ tag, behaviour, configMaps, annotations }: Version): Record<string, unknown> {
  const labels = { app: APP, ...(behaviour ? { [BEHAVIOUR_LABEL]: behaviour } : {}) };
  return {
    metadata: { labels, ...(annotations ? { annotations } : {}) },
    spec: {
      containers: [
        {
          name: 'app',
          image: `localhost/web:${tag}`,
          ports: [{ name: 'http', containerPort: 8080 }, { name: 'metrics', containerPort: 9464 }],
          ...(configMaps ? { envFrom: configMaps.map((name) => ({ configMapRef: { name } })) } : {}),
        },
      ],
    },
  };
}

/** A Deployment as git has it; without `replicas` the field is left out. */
export function deployment(version: Version, replicas?: number, name = APP): RawObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: APP } },
      template: podTemplate(version),
    },
  };
}

type Steps = NonNullable<NonNullable<AppReleaseSpecInput['strategy']['canary']>['steps']>;

/** The spec of a canary by pod share; `more` adds to it or replaces parts. */
export function canary(steps: Steps, more: Partial<AppReleaseSpecInput> = {}): AppReleaseSpecInput {
  return { workloadRef: { name: APP }, strategy: { canary: { steps } }, ...more };
}

export function appRelease(spec: AppReleaseSpecInput, name = APP): RawObject {
  return { apiVersion: 'slipway.dev/v1alpha1', kind: 'AppRelease', metadata: { name }, spec };
}

export function configMap(name: string, data: Record<string, string>): RawObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** The application's own Service; `selector` as git has it, or left to the operator. */
export function service({ selector }: { selector?: Record<string, string> } = {}): RawObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: APP },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...(selector ? { selector } : {}) },
  };
}

export interface ActionParts {
  readonly action: string;
  readonly revision: number;
  readonly step?: number;
  readonly reason?: string;
}

let actions = 0;

/** A ReleaseAction of the administrator. */
export function releaseAction({ action, revision, step, reason }: ActionParts): RawObject {
  actions += 1;
  return {
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'ReleaseAction',
    metadata: { name: `${action}-${actions}` },
    spec: {
      release: APP,
      action,
      revision,
      ...(step === undefined ? {} : { step }),
      by: 'admin',
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

/** The whole HTTPRouteSpec of an AppRelease that owns its route. */
export const ROUTE_SPEC = {
  parentRefs: [{ name: 'gate' }],
  hostnames: ['web.test'],
  rules: [
    { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: APP, port: 80 }] },
    { matches: [{ path: { type: 'PathPrefix', value: '/other' } }], backendRefs: [{ name: 'other', port: 80 }] },
  ],
};

/** An HTTPRoute as git has it, whose rule `main` names the pair. */
export function gitRoute(rule = 'main'): RawObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'shop', labels: { team: 'a' } },
    spec: {
      parentRefs: [{ name: 'gate' }],
      rules: [
        {
          name: rule,
          backendRefs: [
            { name: `${APP}-stable`, port: 80, weight: 100 },
            { name: `${APP}-canary`, port: 80, weight: 0 },
          ],
        },
        { name: 'other', matches: [{ path: { type: 'PathPrefix', value: '/other' } }], backendRefs: [{ name: 'other', port: 80 }] },
      ],
    },
  };
}
