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
