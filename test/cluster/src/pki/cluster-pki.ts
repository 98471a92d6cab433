// Who has which certificate in a local cluster, as data, and writing them to files.

import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createAuthority, issue } from './certificate.ts';
import type { Authority, Identity, LeafRequest } from './certificate.ts';

export type PkiRequest = {
  readonly dir: string;
  /** Addresses and names under which the API server is reached. */
  readonly apiServerNames: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
};

export type ClusterPki = {
  readonly dir: string;
  readonly authority: Authority;
  /** Certificate for a user or component; the file names are `<name>.crt` and `<name>.key`. */
  readonly identities: ReadonlyMap<string, Identity>;
};

const API_SERVER_NAMES = [
  'kubernetes', 'kubernetes.default', 'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local', 'localhost', '127.0.0.1', '10.96.0.1',
];

/** Every certificate of the cluster by file name. */
export const requestsOf = (request: PkiRequest): ReadonlyMap<string, LeafRequest> => {
  const client = (commonName: string, ...organizations: readonly string[]): LeafRequest => ({
    subject: { commonName, organizations }, usage: 'client',
  });
  const server = (commonName: string, names: readonly string[]): LeafRequest => ({
    subject: { commonName }, usage: 'server', names,
  });
  return new Map([
    ['apiserver', server('kube-apiserver', [...API_SERVER_NAMES, ...request.apiServerNames])],
    ['apiserver-kubelet-client', client('kube-apiserver-kubelet-client', 'system:masters')],
    ['front-proxy-client', client('front-proxy-client')],
    ['admin', client('admin', 'system:masters')],
    ['controller-manager', client('system:kube-controller-manager')],
    ['scheduler', client('system:kube-scheduler')],
    ['proxy', client('system:kube-proxy')],
    ...request.nodes.flatMap(({ name, address }) => [
      [`kubelet-${name}`, client(`system:node:${name}`, 'system:nodes')] as const,
      [`kubelet-serving-${name}`, server(name, [name, address, '127.0.0.1'])] as const,
    ]),
  ]);
};

/** Creates all keys and certificates and writes them, readable by their owner only. */
export const createPki = (request: PkiRequest): ClusterPki => {
  mkdirSync(request.dir, { recursive: true, mode: 0o700 });
  const authority = createAuthority('slipway-ca');
  const identities = new Map<string, Identity>();
  for (const [name, leaf] of requestsOf(request)) identities.set(name, issue(authority, leaf));
  const write = (name: string, pem: string): void =>
    writeFileSync(join(request.dir, name), pem, { mode: 0o600 });
  write('ca.crt', authority.certificatePem);
  write('ca.key', authority.keyPem);
  for (const [name, identity] of identities) {
    write(`${name}.crt`, identity.certificatePem);
    write(`${name}.key`, identity.keyPem);
  }
  // Tokens of service accounts are signed with RSA, which every client can verify.
  const tokens = generateKeyPairSync('rsa', { modulusLength: 2048 });
  write('sa.key', tokens.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  write('sa.pub', tokens.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return { dir: request.dir, authority, identities };
};
