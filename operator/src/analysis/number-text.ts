// Numbers as people read them in a verdict. Written out here because the locale of the machine must
// not change a status message.

/** 3950.2 -> "3,950". */
export function countText(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A share 0..1: 0.2139 -> "21.4 %"; what is not nothing never reads "0 %". */
export function percentText(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  const percent = share * 100;
  return percent < 0.05 ? '< 0.1 %' : `${percent.toFixed(1)} %`;
}

/**
 * Rounded down, so that evidence just short of the threshold does not read as if it had reached it.
 */
export function evidenceText(evidence: number): string {
  if (evidence >= 1e6) return 'over 1,000,000';
  if (evidence >= 10) return countText(Math.floor(evidence));
  if (evidence < 0.01) return '< 0.01';
  return (Math.floor(evidence * 100) / 100).toFixed(2);
}

/** A difference of two shares with its 95 % interval: "21.3 points (95 %: 16.1 to 27.5)". */
export function intervalText(found: {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}): string {
  const [estimate, low, high] = [found.estimate, found.low, found.high].map(pointsText);
  return `${estimate} points (95 %: ${low} to ${high})`;
}

/** Percentage points with one decimal; never "-0.0". */
function pointsText(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  return (rounded === 0 ? 0 : rounded).toFixed(1);
}

/** A bound of a histogram: 0.25 -> "250 ms", 2.5 -> "2.5 s". */
export function secondsText(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${seconds} s`;
}
