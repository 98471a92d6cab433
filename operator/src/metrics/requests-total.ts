// The customary counter of Prometheus client libraries: http_requests_total by status.
import type { CounterCodec } from './codec.ts';
import { readRequests } from './request-series.ts';

const COUNTER = 'http_requests_total';
const BUCKETS = 'http_request_duration_seconds_bucket';

export const requestsTotal: CounterCodec = {
  kind: 'requestsTotal',
  wants: (name) => name === COUNTER || name === BUCKETS,
  read: (page, excluded) =>
    readRequests(page, excluded, {
      counter: COUNTER,
      // OpenMetrics names the family without the suffix.
      families: [COUNTER, 'http_requests'],
      statusLabels: ['code', 'status', 'status_code'],
      buckets: BUCKETS,
    }),
};
