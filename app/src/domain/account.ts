// An account of the ledger.

/**
 * customer: holds money and is never below zero. external: the world outside the bank, through
 * which money comes in and goes out; it may be below zero.
 */
export type AccountKind = 'customer' | 'external';

export interface NewAccount {
  readonly id: string;
  readonly name: string;
  readonly kind: AccountKind;
  /** Three capital letters (ISO 4217). */
  readonly currency: string;
}

export interface Account extends NewAccount {
  /** Minor units. */
  readonly balance: bigint;
  /** What it can spend: the balance less its open holds. Minor units. */
  readonly available: bigint;
  readonly createdAt: Date;
}
