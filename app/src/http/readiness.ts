// Whether this pod should get traffic: the database answers, its schema is new enough, and nobody
// has asked us to stop.
import type { SchemaCheck } from '../store/store.ts';

export type Readiness =
  { readonly kind: 'ready' } | { readonly kind: 'notReady'; readonly reason: string };

export interface ReadinessOptions {
  readonly checkSchema: () => Promise<SchemaCheck>;
  readonly neverReady: boolean;
  readonly timeoutMs: number;
}

export interface ReadinessGate {
  check(): Promise<Readiness>;
  /** From now on never ready again. */
  close(): void;
}

/** Several probes at once share one look at the database. */
export function createReadinessGate({
  checkSchema,
  neverReady,
  timeoutMs,
}: ReadinessOptions): ReadinessGate {
  let draining = false;
  let running: Promise<Readiness> | undefined;

  const look = async (): Promise<Readiness> => {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<SchemaCheck>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'unreachable', error: undefined }), timeoutMs);
    });
    const check = await Promise.race([checkSchema(), timeout]);
    clearTimeout(timer);
    return describe(check);
  };

  return {
    check: async () => {
      if (draining) return { kind: 'notReady', reason: 'shutting down' };
      if (neverReady)
        return { kind: 'notReady', reason: 'told never to be ready (FAULT_NEVER_READY)' };
      running ??= look().finally(() => {
        running = undefined;
      });
      return running;
    },
    close: () => {
      draining = true;
    },
  };
}

function describe(check: SchemaCheck): Readiness {
  switch (check.kind) {
    case 'ready':
      return check;
    case 'tooOld':
      return {
        kind: 'notReady',
        reason: `the schema is too old: migration ${check.missing} is missing. Run the migration Job`,
      };
    case 'unreachable':
      return { kind: 'notReady', reason: 'the database does not answer' };
  }
}
