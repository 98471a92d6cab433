// A terminal with a cluster behind it: runs a command line and gives back what a person would see.
// Time stands still but for sleeping, and each sleep lets the pretended operator do something.
import { createFakeStore, type FakeStore } from '../../kube/testing/fake-store.ts';
import { createFakeTransport } from '../../kube/testing/fake-transport.ts';
import type { ApiCall, Transport } from '../../kube/transport.ts';
import { instant } from '../../lib/instant.ts';
import type { Io } from '../io.ts';
import { run } from '../run.ts';

export interface Seen {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** How long the command slept, in all. */
  readonly sleptMs: number;
}

export interface FakeTerminal {
  readonly store: FakeStore;
  /** What commands read and wrote, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The next call is answered with this status (0: no answer). */
  failNext(status: number): void;
  /** Runs `kubectl slipway <line>`; words are split at spaces. */
  type(line: string): Promise<Seen>;
}

export interface TerminalOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  /** What happens in the cluster while the command sleeps for the n-th time (from 1). */
  readonly meanwhile?: (store: FakeStore, sleep: number) => void;
  /** Ctrl-C during the n-th sleep. */
  readonly interruptAtSleep?: number;
}

export const NOW = instant(Date.parse('2026-11-21T10:00:00Z'));
export const USER = 'anna';

const KUBECONFIG = [
  'current-context: lab',
  'contexts:',
  '- name: lab',
  '  context: { cluster: lab, user: anna, namespace: bank }',
].join('\n');

export function createFakeTerminal(options: TerminalOptions = {}): FakeTerminal {
  const store = createFakeStore();
  const transport = createFakeTransport(store);
  const files: Record<string, string> = { '/home/.kube/config': KUBECONFIG, ...options.files };
  return {
    store,
    files,
    failNext: (status) => transport.failNext(status),
    async type(line) {
      const seen = { out: '', err: '', sleptMs: 0 };
      let sleeps = 0;
      const io: Io = {
        out: (text) => void (seen.out += text),
        err: (text) => void (seen.err += text),
        isTerminal: options.isTerminal ?? false,
        env: options.env ?? { HOME: '/home' },
        now: () => instant(NOW + seen.sleptMs),
        sleep(ms) {
          seen.sleptMs += ms;
          sleeps += 1;
          options.meanwhile?.(store, sleeps);
          return Promise.resolve();
        },
        isInterrupted: () => options.interruptAtSleep !== undefined && sleeps >= options.interruptAtSleep,
        readText: (path) => files[path],
        writeText: (path, text) => void (files[path] = text),
        connect: () => withIdentity(transport),
      };
      const code = await run(line.split(' ').filter((word) => word !== ''), io);
      return { ...seen, code };
    },
  };
}

/* What the fake store does not do: say who calls, and make up names. */
function withIdentity(transport: Transport): Transport {
  let made = 0;
  return {
    ...transport,
    request: async <T>(call: ApiCall): Promise<T> => {
      if (call.path.endsWith('/selfsubjectreviews')) {
        return { status: { userInfo: { username: USER } } } as T;
      }
      if (call.method !== 'POST') return transport.request<T>(call);
      made += 1;
      return transport.request<T>({ ...call, body: named(call.body, made) });
    },
  };
}

function named(body: unknown, made: number): unknown {
  const object = body as { metadata: { generateName?: string } };
  const { generateName } = object.metadata;
  return { ...object, metadata: { ...object.metadata, name: `${generateName ?? 'made-'}${made}` } };
}
