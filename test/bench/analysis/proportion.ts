// What so many events in so many runs say about their probability: exact limits (Clopper and
// Pearson).

/** Largest probability under which at most `events` of `runs` is not rarer than 1 in 100. */
export function upper99(events: number, runs: number): number {
  if (events >= runs) return 1;
  return bisect((p) => binomialAtMost(events, runs, p) < 0.01);
}

/** Smallest probability under which at least `events` of `runs` is not rarer than 1 in 100. */
export function lower99(events: number, runs: number): number {
  if (events === 0) return 0;
  return bisect((p) => 1 - binomialAtMost(events - 1, runs, p) > 0.01);
}

/** Where a condition that holds for large p begins to hold. */
function bisect(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function binomialAtMost(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= k; i += 1) {
    logTerm += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
