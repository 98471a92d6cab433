// What is wanted cannot be read: that is told, and nothing new begins. What is under way can still be
// taken back, for that needs no template.
import type { Reason } from '../api/reasons.ts';
import type { Instant } from '../lib/instant.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Snapshot } from './snapshot.ts';

export interface Unread {
  readonly reason: Reason;
  readonly message: string;
}

export function decideUnread(
  snapshot: Snapshot,
  { message, reason }: Unread,
  now: Instant,
): Decision {
  const { release, state } = snapshot;
  if (release.isDeleted) return decide(snapshot, now);
  const { candidate, stage } = state;
  const isUnderWay = stage.kind !== 'Idle' && stage.kind !== 'RolledBack';
  if (candidate && isUnderWay) {
    const { hash, images, setName } = candidate;
    const decision = decide(
      { ...snapshot, wanted: { hash, images, setName, settledAt: now } },
      now,
    );
    const { kind } = decision.next.stage;
    if (kind === 'RollingBack' || kind === 'RolledBack') return decision;
  }
  return { next: state, effects: [], phase: 'Blocked', reason, message };
}
