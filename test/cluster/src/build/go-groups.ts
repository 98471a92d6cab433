// What is built from Go modules, as data: which packages make which programs, with which flags.

import { join } from 'node:path';

import { MODULES, REPOSITORY } from '../paths.ts';
import {
  ARGO_CD_VERSION, COREDNS_VERSION, ENVOY_GATEWAY_VERSION, KIND_VERSION, KUBERNETES_VERSION, KWOK_VERSION,
  TRAEFIK_VERSION,
} from '../versions.ts';

/** Programs that are built together because they share one module graph. */
export type GoGroup = {
  readonly name: string;
  /** `module`: a go.mod of ours names the versions. `install`: a published module builds as it is. */
  readonly source:
    | { readonly kind: 'module'; readonly dir: string }
    | { readonly kind: 'install'; readonly version: string };
  /** Program name -> Go package. */
  readonly programs: Readonly<Record<string, string>>;
  readonly ldflags: string;
  /** Disk space that sources and build cache take when nothing is there yet. */
  readonly needsGigabytes: number;
};

const STRIPPED = '-s -w';

const stampKubernetes = (version: string): string => {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const values = {
    gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean',
    gitCommit: 'built-from-modules', buildDate: '1970-01-01T00:00:00Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return packages
    .flatMap((name) => Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`))
    .join(' ');
};

export const GO_GROUPS = {
  kubernetes: {
    name: 'kubernetes',
    source: { kind: 'module', dir: join(MODULES, 'kubernetes') },
    programs: {
      etcd: 'go.etcd.io/etcd/server/v3',
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
      kubelet: 'k8s.io/kubernetes/cmd/kubelet',
      'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
    },
    ldflags: `${STRIPPED} ${stampKubernetes(KUBERNETES_VERSION)}`,
    needsGigabytes: 8,
  },
  kwok: {
    name: 'kwok',
    source: { kind: 'install', version: KWOK_VERSION },
    programs: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
    ldflags: STRIPPED,
    needsGigabytes: 3,
  },
  coredns: {
    name: 'coredns',
    source: { kind: 'install', version: COREDNS_VERSION },
    programs: { coredns: 'github.com/coredns/coredns' },
    ldflags: STRIPPED,
    needsGigabytes: 4,
  },
  'envoy-gateway': {
    name: 'envoy-gateway',
    source: { kind: 'install', version: ENVOY_GATEWAY_VERSION },
    programs: { 'envoy-gateway': 'github.com/envoyproxy/gateway/cmd/envoy-gateway' },
    ldflags: `${STRIPPED} -X github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion=${ENVOY_GATEWAY_VERSION}`,
    needsGigabytes: 5,
  },
  pause: {
    name: 'pause',
    source: { kind: 'module', dir: join(MODULES, 'pause') },
    programs: { pause: 'slipway.dev/pause' },
    ldflags: STRIPPED,
    needsGigabytes: 1,
  },
  kind: {
    name: 'kind',
    source: { kind: 'install', version: KIND_VERSION },
    programs: { kind: 'sigs.k8s.io/kind' },
    ldflags: STRIPPED,
    needsGigabytes: 1,
  },
  traefik: {
    name: 'traefik',
    source: { kind: 'module', dir: join(MODULES, 'traefik') },
    programs: { traefik: 'github.com/traefik/traefik/v3/cmd/traefik' },
    ldflags: `${STRIPPED} -X github.com/traefik/traefik/v3/pkg/version.Version=${TRAEFIK_VERSION}`,
    needsGigabytes: 8,
  },
  'argo-scripts': {
    name: 'argo-scripts',
    source: { kind: 'module', dir: join(REPOSITORY, 'test/gitops/scripts') },
    programs: { 'argo-scripts': 'slipway.dev/argo-scripts' },
    ldflags: STRIPPED,
    needsGigabytes: 1,
  },
  argocd: {
    name: 'argocd',
    source: { kind: 'module', dir: join(REPOSITORY, 'test/gitops/argocd/module') },
    programs: { argocd: 'github.com/argoproj/argo-cd/v3/cmd' },
    ldflags: `${STRIPPED} -X github.com/argoproj/argo-cd/v3/common.version=${ARGO_CD_VERSION.slice(1)}`,
    needsGigabytes: 8,
  },
} satisfies Record<string, GoGroup>;

export type GoGroupName = keyof typeof GO_GROUPS;

/** Every program that can be built. */
export type ProgramName = {
  [G in GoGroupName]: keyof (typeof GO_GROUPS)[G]['programs'];
}[GoGroupName];

/** The group a program belongs to. */
export const groupOf = (program: ProgramName): GoGroup => {
  const found = Object.values<GoGroup>(GO_GROUPS).find((group) => program in group.programs);
  if (found === undefined) throw new Error(`no group builds ${program}`);
  return found;
};
