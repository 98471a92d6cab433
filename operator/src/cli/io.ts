// What a command asks of the machine it runs on. Tests hand in their own.
import type { Transport } from '../kube/transport.ts';
import type { Instant } from '../lib/instant.ts';

export interface Io {
  /** Writes to standard output as it is. */
  out(text: string): void;
  /** Writes to standard error as it is. */
  err(text: string): void;
  /** Whether a person sees the output: colours and redrawing only then. */
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): Instant;
  /** Resolves after `ms`, or at once when the user interrupts. */
  sleep(ms: number): Promise<void>;
  /** True from the moment the user pressed Ctrl-C. */
  isInterrupted(): boolean;
  /** The text of a file, `-` being standard input; undefined when there is no such file. */
  readText(path: string): string | undefined;
  /** Writes a file anew, and the folders above it. */
  writeText(path: string, text: string): void;
  /** A connection to the cluster of a kubeconfig, or of the pod this runs in. */
  connect(kubeconfigPath: string | undefined): Transport;
}
