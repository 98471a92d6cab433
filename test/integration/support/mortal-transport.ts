// A connection that dies with its process: after so many writes nothing more goes out or comes in.
import type { ApiCall, Transport } from '../../../operator/src/kube/transport.ts';

export interface MortalTransport {
  readonly transport: Transport;
  /** The last allowed write has reached the server. */
  isDead(): boolean;
}

/** Election and events are not counted: they change nothing that a release stands on. */
export function mortalTransport(under: Transport, writesLeft: number): MortalTransport {
  let left = writesLeft;
  const dead = (): Error => new Error('the process was killed');
  const counts = ({ method, path }: ApiCall): boolean => method !== 'GET' && !/\/(leases|events)\b/.test(path);
  return {
    isDead: () => left <= 0,
    transport: {
      async request<T>(call: ApiCall): Promise<T> {
        if (left <= 0) throw dead();
        if (!counts(call)) return under.request<T>(call);
        // Writes are made one after another here, so the count is exact.
        const answer = await under.request<T>(call);
        left -= 1;
        if (left > 0) return answer;
        under.close();
        throw dead();
      },
      stream: (call) => (left <= 0 ? Promise.reject(dead()) : under.stream(call)),
      close: () => under.close(),
    },
  };
}
