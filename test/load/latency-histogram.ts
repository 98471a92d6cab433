// Latencies in a fixed number of buckets that grow by 5 %: percentiles to within 5 %, in 3 KB.

const firstBucketMs = 0.1;
const growth = 1.05;
const bucketCount = 280;

export interface LatencyHistogram {
  add(ms: number): void;
  /** The latency that `share` (0 to 1) of the requests did not exceed; 0 when there are none. */
  percentileMs(share: number): number;
}

export function createLatencyHistogram(): LatencyHistogram {
  const counts = new Float64Array(bucketCount);
  let total = 0;
  return {
    add: (ms) => {
      const bucket = Math.ceil(
        Math.log(Math.max(ms, firstBucketMs) / firstBucketMs) / Math.log(growth),
      );
      const index = Math.min(bucket, bucketCount - 1);
      counts[index] = (counts[index] ?? 0) + 1;
      total += 1;
    },
    percentileMs: (share) => {
      if (total === 0) return 0;
      const wanted = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      for (const [index, count] of counts.entries()) {
        seen += count;
        if (seen >= wanted) return firstBucketMs * growth ** index;
      }
      return firstBucketMs * growth ** (bucketCount - 1);
    },
  };
}
