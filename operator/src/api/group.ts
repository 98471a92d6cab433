// The names under which Slipway's own kinds are known to Kubernetes.

export const API_GROUP = 'slipway.dev';
export const API_VERSION = 'v1alpha1';
export const API_GROUP_VERSION = `${API_GROUP}/${API_VERSION}` as const;
