// The versions of everything the harness builds or downloads. One place, so that an upgrade is one
// reviewed change.

export const KUBERNETES_VERSION = 'v1.36.3';
export const ETCD_VERSION = 'v3.6.8';
export const KWOK_VERSION = 'v0.8.0';
export const COREDNS_VERSION = 'v1.15.0';
export const ENVOY_GATEWAY_VERSION = 'v1.9.1';
export const GATEWAY_API_VERSION = 'v1.6.1';
export const TRAEFIK_VERSION = 'v3.7.10';
/* Only their definitions are used: what we render for them is tried on the API server. */
export const CERT_MANAGER_VERSION = 'v1.21.2';
export const EXTERNAL_SECRETS_VERSION = 'v1.3.2';
export const PROMETHEUS_OPERATOR_VERSION = 'v0.85.0';
export const SEALED_SECRETS_VERSION = 'v0.40.0';
export const KIND_VERSION = 'v0.33.0';
/** Also in test/gitops/argocd/module/go.mod, which a test compares. */
export const ARGO_CD_VERSION = 'v3.5.7';
