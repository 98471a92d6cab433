// OpenTelemetry's stable HTTP semantic conventions, as its Prometheus exporters write them: most
// append the unit to the name, the JavaScript one does not (seconds all the same).
import type { CounterCodec } from './codec.ts';
import type { Exposition } from './exposition.ts';
import { readRequests } from './request-series.ts';

const WITH_UNIT = 'http_server_request_duration_seconds';
const WITHOUT_UNIT = 'http_server_request_duration';
const FAMILIES = [WITH_UNIT, WITHOUT_UNIT];
const NAMES = new Set(FAMILIES.flatMap((family) => [`${family}_count`, `${family}_bucket`]));

export const openTelemetry: CounterCodec = {
  kind: 'openTelemetry',
  wants: (name) => NAMES.has(name),
  read: (page, excluded) => {
    const family = familyOf(page);
    return readRequests(page, excluded, {
      counter: `${family}_count`,
      families: [family],
      statusLabels: ['http_response_status_code'],
      buckets: `${family}_bucket`,
    });
  },
};

function familyOf(page: Exposition): string {
  const plain = page.families.has(WITHOUT_UNIT) && !page.families.has(WITH_UNIT);
  return plain ? WITHOUT_UNIT : WITH_UNIT;
}
