// Applications that only keep a histogram: http_request_duration_seconds by status.
import type { CounterCodec } from './codec.ts';
import { readRequests } from './request-series.ts';

const FAMILY = 'http_request_duration_seconds';
const NAMES = new Set([`${FAMILY}_count`, `${FAMILY}_bucket`]);

export const requestDuration: CounterCodec = {
  kind: 'requestDuration',
  wants: (name) => NAMES.has(name),
  read: (page, excluded) =>
    readRequests(page, excluded, {
      counter: `${FAMILY}_count`,
      families: [FAMILY],
      statusLabels: ['code', 'status', 'status_code'],
      buckets: `${FAMILY}_bucket`,
    }),
};
