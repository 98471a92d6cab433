// Where Argo CD finds the manifests and where it puts them: the one place to change for an
// installation of your own.

export interface Destination {
  /** Address of the cluster's API server, as Argo CD knows it. */
  readonly cluster: string;
  /** Place in the order of the regions, from 1; 0: follows git by itself, without an order. */
  readonly wave: number;
}

export const GIT = {
  repository: 'https://git.example.com/bank/slipway.git',
  branch: 'main',
} as const;

export interface ArgoCd {
  readonly namespace: string;
  /** Service account as which its server talks to a cluster. */
  readonly server: string;
}

export const ARGO_CD: ArgoCd = { namespace: 'argocd', server: 'argocd-server' };

export const PROJECT = 'bank';

/* An environment without a line here is refused when deploy/argocd is rendered. */
export const DESTINATIONS: Readonly<Record<string, Destination>> = {
  demo: { cluster: 'https://demo.clusters.example.com', wave: 0 },
  // The cluster that Argo CD itself runs in.
  dev: { cluster: 'https://kubernetes.default.svc', wave: 0 },
  staging: { cluster: 'https://staging.clusters.example.com', wave: 1 },
  'prod-eu': { cluster: 'https://prod-eu.clusters.example.com', wave: 2 },
  'prod-us': { cluster: 'https://prod-us.clusters.example.com', wave: 3 },
};
