// The command line of the operator, parsed once.
import { parseArgs } from 'node:util';

export interface OperatorArguments {
  /** Namespaces to look at; empty means all. */
  readonly namespaces: readonly string[];
  readonly instance: string;
  /** Namespace of the Lease. */
  readonly leaseNamespace: string;
  readonly identity: string;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly kubeconfigPath?: string;
  readonly logLevel: string;
  /** How metrics pages of pods are read. */
  readonly scrapeThrough: 'pods' | 'api-server';
  /** Whether queries may ask the operator's own machine. */
  readonly queryLoopback: 'refused' | 'allowed';
}

export interface Environment {
  readonly [name: string]: string | undefined;
}

export const USAGE = `slipway operator

  --namespaces a,b        look at these namespaces only (default: all)
  --instance name         own AppReleases labelled slipway.dev/instance=name (default: slipway)
  --lease-namespace name  where the Lease slipway-<instance> is (default: POD_NAMESPACE or default)
  --health-port n         /livez and /readyz (default 8080, 0 for a free one)
  --metrics-port n        /metrics (default 9464, 0 for a free one)
  --kubeconfig file       instead of the pod's service account
  --log-level level       debug, info, warn or error (default info)
  --scrape-through what   pods: read metrics pages at the pods' addresses (default)
                          api-server: through its proxy, for an operator outside the cluster; needs
                          the verb get on pods/proxy
  --allow-loopback-queries
                          for tests only: spec.checks.queries may ask 127.0.0.1 and ::1
`;

/** Throws an Error whose message names the flag and the remedy. */
export function parseArguments(argv: readonly string[], env: Environment, random: string): OperatorArguments {
  const { values } = parseArgs({
    args: [...argv],
    strict: true,
    options: {
      namespaces: { type: 'string', default: '' },
      instance: { type: 'string', default: 'slipway' },
      'lease-namespace': { type: 'string' },
      'health-port': { type: 'string', default: '8080' },
      'metrics-port': { type: 'string', default: '9464' },
      kubeconfig: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
      'scrape-through': { type: 'string', default: 'pods' },
      'allow-loopback-queries': { type: 'boolean', default: false },
    },
  });
  const kubeconfigPath = values.kubeconfig ?? env['KUBECONFIG'];
  if (!/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(values.instance)) {
    throw new Error(`--instance "${values.instance}" must be lower-case letters, digits and dashes, at most 42`);
  }
  if (!['debug', 'info', 'warn', 'error'].includes(values['log-level'])) {
    throw new Error(`--log-level "${values['log-level']}" must be debug, info, warn or error`);
  }
  const scrapeThrough = values['scrape-through'];
  if (scrapeThrough !== 'pods' && scrapeThrough !== 'api-server') {
    throw new Error(`--scrape-through "${scrapeThrough}" must be pods or api-server`);
  }
  return {
    namespaces: values.namespaces.split(',').map((name) => name.trim()).filter((name) => name !== ''),
    instance: values.instance,
    leaseNamespace: values['lease-namespace'] ?? env['POD_NAMESPACE'] ?? 'default',
    identity: `${env['POD_NAME'] ?? 'operator'}_${random}`,
    healthPort: port('--health-port', values['health-port']),
    metricsPort: port('--metrics-port', values['metrics-port']),
    ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
    logLevel: values['log-level'],
    scrapeThrough,
    queryLoopback: values['allow-loopback-queries'] ? 'allowed' : 'refused',
  };
}

function port(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new Error(`${flag} "${text}" must be a port number between 0 and 65535`);
  }
  return value;
}
