// Kubeconfig files.

import { writeFileSync } from 'node:fs';

import type { Identity } from './certificate.ts';

export type KubeconfigRequest = {
  readonly cluster: string;
  readonly user: string;
  readonly server: string;
  readonly authorityPem: string;
  readonly identity: Identity;
};

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** A kubeconfig with everything inside; JSON, which every YAML reader takes. */
export const renderKubeconfig = (request: KubeconfigRequest): string => {
  const { cluster, user } = request;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{
      name: cluster,
      cluster: { server: request.server, 'certificate-authority-data': base64(request.authorityPem) },
    }],
    users: [{
      name: user,
      user: {
        'client-certificate-data': base64(request.identity.certificatePem),
        'client-key-data': base64(request.identity.keyPem),
      },
    }],
    contexts: [{ name: cluster, context: { cluster, user } }],
    'current-context': cluster,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
};

/** Writes a kubeconfig, readable by its owner only, and returns its path. */
export const writeKubeconfig = (path: string, request: KubeconfigRequest): string => {
  writeFileSync(path, renderKubeconfig(request), { mode: 0o600 });
  return path;
};
