// Amounts of money: whole minor units (cents), never floating point.

declare const brand: unique symbol;

/** Minor units of a currency, 1 to maxAmount. */
export type Amount = bigint & { readonly [brand]: 'Amount' };

/** Far below what a 64-bit balance holds, far above any payment. Minor units. */
export const maxAmount = 1_000_000_000_000_000n;

/** Reads `"1250"` or `1250`. Returns undefined for zero, negatives, fractions, and what is too big. */
export function parseAmount(value: unknown): Amount | undefined {
  const amount = toWhole(value);
  if (amount === undefined || amount < 1n || amount > maxAmount) return undefined;
  return amount as Amount;
}

function toWhole(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? BigInt(value) : undefined;
}
