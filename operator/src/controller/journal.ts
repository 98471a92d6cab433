// The operator's log of what it decided and why: one line per change of decision.
import type { Log } from '../lib/log.ts';
import type { Decision } from '../rollout/decision.ts';
import type { Snapshot } from '../rollout/snapshot.ts';

export interface Journal {
  /** One line when the decision differs from the last one of that release. */
  record(key: string, snapshot: Snapshot, decision: Decision): void;
  forget(key: string): void;
}

export function createJournal(log: Log): Journal {
  const last = new Map<string, string>();
  return {
    record(key, snapshot, decision) {
      const line = {
        kind: 'journal',
        release: key,
        phase: decision.phase,
        stage: decision.next.stage.kind,
        ...('step' in decision.next.stage ? { step: decision.next.stage.step.index } : {}),
        stable: decision.next.stable?.revision,
        candidate: decision.next.candidate?.revision,
        weight: decision.next.weight.observed,
        desired: decision.next.weight.desired,
        reason: decision.reason,
        effects: decision.effects.map(describe),
      };
      const text = JSON.stringify(line);
      if (last.get(key) === text) return;
      last.set(key, text);
      const { evidence } = snapshot;
      log('info', 'decided', {
        ...line,
        message: decision.message,
        ...(evidence.kind === 'judged'
          ? { canary: evidence.canary, stableArm: evidence.stable, evidence: evidence.evidence }
          : {}),
      });
    },
    forget: (key) => void last.delete(key),
  };
}

function describe(effect: Decision['effects'][number]): string {
  const { kind, ...rest } = effect;
  const parts = Object.values(rest).map((value) =>
    typeof value === 'object' ? ('name' in value ? value.name : '') : String(value),
  );
  return `${kind} ${parts.filter((part) => part !== '').join(' ')}`.trim().slice(0, 120);
}
