// OpenTelemetry's stable HTTP semantic conventions, as its Prometheus exporters write them.
import type { CounterCodec } from './codec.ts';
import { readRequests } from './request-series.ts';

const FAMILY = 'http_server_request_duration_seconds';
const NAMES = new Set([`${FAMILY}_count`, `${FAMILY}_bucket`]);

export const openTelemetry: CounterCodec = {
  kind: 'openTelemetry',
  wants: (name) => NAMES.has(name),
  read: (page, excluded) =>
    readRequests(page, excluded, {
      counter: `${FAMILY}_count`,
      families: [FAMILY],
      statusLabels: ['http_response_status_code'],
      buckets: `${FAMILY}_bucket`,
    }),
};
