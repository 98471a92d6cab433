// Credentials: where the API server is and how we prove who we are, read again as they rotate.
// client-node is loaded only for a kubeconfig: importing it, even dist/config.js alone, costs 75 MB
// of memory (128 MB against 53 MB with node:https), which an operator in a pod need not pay.

import { readFile } from 'node:fs/promises';
import type http from 'node:http';
import type { RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { delimiter } from 'node:path';

import type { Clock } from '../lib/clock.ts';

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What one request needs. Never logged. */
export interface Access {
  /** "https://10.0.0.1:443", without a path at the end. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** Set when the kubeconfig names a proxy: it makes the connections then. */
  readonly agent?: http.Agent;
}

/** Reads the current credentials; called at most every 30 s, and after a 401. */
export type Credentials = () => Promise<Access>;

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const READ_AGAIN_AFTER_MS = 30_000;

/** A kubeconfig where one is named, else the pod's service account. */
export function chooseCredentials(options: {
  kubeconfigPath: string | undefined;
  clock: Clock;
}): Credentials {
  const { kubeconfigPath } = options;
  if (kubeconfigPath !== undefined && kubeconfigPath !== '') {
    return kubeconfigCredentials(kubeconfigPath);
  }
  return serviceAccountCredentials(SERVICE_ACCOUNT_FOLDER, process.env);
}

/** Token and CA as mounted into each pod; the kubelet replaces the token file before it expires. */
export function serviceAccountCredentials(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Credentials {
  return async () => {
    const host = env['KUBERNETES_SERVICE_HOST'];
    const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
    if (host === undefined || host === '') {
      throw new Error('no kubeconfig is named (KUBECONFIG) and this is not a pod of a cluster');
    }
    const [token, ca] = await Promise.all([
      readFile(`${folder}/token`, 'utf8'),
      readFile(`${folder}/ca.crt`),
    ]);
    return {
      origin: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      headers: { authorization: `Bearer ${token.trim()}` },
      tls: { ca },
    };
  };
}

/** What kubectl would use: the current context of a file, or of a list of files like a PATH. */
export function kubeconfigCredentials(path: string): Credentials {
  let loading: Promise<Credentials> | undefined;
  return async () => {
    loading ??= loadKubeconfig(path);
    try {
      return await (await loading)();
    } catch (error) {
      // A file that was half written must not be remembered.
      loading = undefined;
      throw error;
    }
  };
}

async function loadKubeconfig(path: string): Promise<Credentials> {
  // Not the package's index: a bundle then carries 1.2 MB of it and not 4.2 MB.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const [first = path, ...others] = path.split(delimiter);
  const config = new KubeConfig();
  config.loadFromFile(first);
  for (const each of others) {
    const other = new KubeConfig();
    other.loadFromFile(each);
    config.mergeConfig(other, config.getCurrentContext() !== '');
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`${path} has no current context with a cluster`);
  return async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized, auth, agent } = options;
    const basic = typeof auth === 'string' ? Buffer.from(auth).toString('base64') : undefined;
    return {
      origin: cluster.server.replace(/\/+$/, ''),
      headers: {
        ...textHeaders(options.headers),
        ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }),
      },
      tls: definedOnly({ ca, cert, key, servername, rejectUnauthorized }),
      ...(cluster.proxyUrl !== undefined && typeof agent === 'object' ? { agent } : {}),
    };
  };
}

/** Remembers an Access for 30 s. `refresh` forgets it, for when the server answered 401. */
export function cachedCredentials(
  read: Credentials,
  clock: Clock,
): { current: Credentials; refresh: () => void } {
  let cached: { access: Promise<Access>; atMs: number } | undefined;
  const refresh = () => {
    cached = undefined;
  };
  return {
    refresh,
    async current() {
      if (cached === undefined || clock.monotonic() - cached.atMs >= READ_AGAIN_AFTER_MS) {
        cached = { access: read(), atMs: clock.monotonic() };
      }
      try {
        return await cached.access;
      } catch (error) {
        refresh();
        throw error;
      }
    },
  };
}

function textHeaders(headers: unknown): Record<string, string> {
  const entries = typeof headers === 'object' && headers !== null ? Object.entries(headers) : [];
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

// The kubeconfig's fields may also be arrays or key objects by their types; in practice they are
// text or bytes, which is all that TlsMaterial promises.
function definedOnly(material: Record<string, unknown>): TlsMaterial {
  return Object.fromEntries(
    Object.entries(material).filter(([, value]) => value !== undefined && value !== null),
  );
}
