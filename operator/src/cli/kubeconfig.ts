// Which kubeconfig, and the namespace of its context. Credentials are none of this file's business:
// the transport reads them.
import { parse } from 'yaml';
import type { Io } from './io.ts';
import { UserError } from './user-error.ts';

const IN_POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** As kubectl looks for it; undefined when there is none: then this may run in a pod. */
export function kubeconfigPath(given: string | undefined, io: Io): string | undefined {
  if (given !== undefined) {
    if (io.readText(given) === undefined) throw new UserError(`--kubeconfig: there is no file ${given}`);
    return given;
  }
  const [first] = (io.env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
  if (first !== undefined) return first;
  const home = `${io.env['HOME'] ?? ''}/.kube/config`;
  return io.readText(home) === undefined ? undefined : home;
}

/** The namespace of the current context, else that of the pod, else `default`. */
export function contextNamespace(path: string | undefined, io: Io): string {
  if (path === undefined) return io.readText(IN_POD_NAMESPACE)?.trim() ?? 'default';
  const text = io.readText(path);
  if (text === undefined) throw new UserError(`KUBECONFIG: there is no file ${path}`);
  const config: unknown = parse(text);
  const current = field(config, 'current-context');
  const contexts = field(config, 'contexts');
  const entry = (Array.isArray(contexts) ? contexts : []).find((one) => field(one, 'name') === current);
  const namespace = field(field(entry, 'context'), 'namespace');
  return typeof namespace === 'string' && namespace !== '' ? namespace : 'default';
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}
