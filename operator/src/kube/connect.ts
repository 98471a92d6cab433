// From a kubeconfig, or a pod's service account, to a transport.
import { systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { chooseCredentials } from './credentials.ts';
import { createHttpTransport } from './http-transport.ts';
import type { Answered } from './http-transport.ts';
import type { Transport } from './transport.ts';

export interface ConnectOptions {
  /** Default: the KUBECONFIG variable, else the pod's service account. */
  readonly kubeconfigPath?: string;
  readonly userAgent: string;
  readonly clock?: Clock;
  /** Requests at the same time, streams not counted (default 32). */
  readonly maxSockets?: number;
  /** Told of each attempt, for metrics. */
  readonly onAnswer?: (answer: Answered) => void;
}

/** A transport to the cluster the environment names. Credentials are read at the first call. */
export function connect(options: ConnectOptions): Transport {
  const clock = options.clock ?? systemClock;
  const kubeconfigPath = options.kubeconfigPath ?? process.env['KUBECONFIG'];
  return createHttpTransport({
    credentials: chooseCredentials({ kubeconfigPath, clock }),
    userAgent: options.userAgent,
    clock,
    maxSockets: options.maxSockets ?? 32,
    onAnswer: options.onAnswer,
  });
}
