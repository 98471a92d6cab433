// After the load: is every hold in the ledger as it was left, and is exactly the open ones' money held?
import type { HoldFate, PlannedHold } from './hold-attempt.ts';

export interface LoadHold extends PlannedHold {
  readonly id: string;
  readonly fate: HoldFate;
}

export type ReadObject = (path: string) => Promise<Record<string, unknown> | undefined>;

export interface HoldFindings {
  readonly wrong: readonly string[];
  readonly unknown: readonly string[];
  /** What of each account is held by the holds of this load, minor units. */
  readonly heldByAccount: ReadonlyMap<string, bigint>;
}

/** Looks at each hold. Captures without a certain answer have to be settled before. */
export async function auditHolds(
  holds: readonly LoadHold[],
  { read, captured }: { read: ReadObject; captured: ReadonlySet<string> },
): Promise<HoldFindings> {
  const wrong: string[] = [];
  const unknown: string[] = [];
  const held = new Map<string, bigint>();
  for (const hold of holds) {
    const found = await read(`/holds/${hold.id}`);
    if (found === undefined) {
      unknown.push(`hold ${hold.id} could not be read`);
      continue;
    }
    const state = String(found['state']);
    const wanted = captured.has(hold.id) ? 'captured' : hold.fate;
    const fits = wanted === 'unknown' ? state === 'open' || state === 'released' : state === wanted;
    if (!fits) wrong.push(`hold ${hold.id} is ${state}, it was left ${wanted}`);
    if (found['account'] !== hold.account || found['amount'] !== String(hold.amount))
      wrong.push(`hold ${hold.id} was accepted and is not in the ledger as sent`);
    if (state === 'open')
      held.set(hold.account, (held.get(hold.account) ?? 0n) + BigInt(hold.amount));
  }
  return { wrong, unknown, heldByAccount: held };
}
