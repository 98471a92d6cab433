// Numbers and moments as people read them.
import type { Instant } from '../lib/instant.ts';

/** 12345 -> "12,345". */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Evidence spans many powers of ten; three digits tell all there is to tell. */
export function evidenceText(value: number): string {
  if (value >= 1000) return grouped(Number(value.toPrecision(3)));
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
}

/** The share of `part` in `whole`, in percent with two decimals. */
export function percent(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(2)} %` : '-';
}

/** How long ago, in the one unit that matters: "12s", "5m", "3h", "9d". */
export function ago(from: Instant, now: Instant): string {
  const seconds = Math.max(0, Math.round((now - from) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** "ghcr.io/bank/ledger:1.1.0" -> "ledger:1.1.0"; digests are cut to what tells them apart. */
export function shortImage(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return name.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, '@$1');
}
