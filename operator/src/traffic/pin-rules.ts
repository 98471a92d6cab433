// Rules of an own route that no request ever matches. An Envoy that counts per backend knows a backend
// only while some rule gives it requests: at weight 0 it would forget the canary with its counters, and
// fail the first requests after the next weight while it learns of it again.
import type { AppReleaseSpec } from '../api/app-release.ts';
import { canaryServiceName, stableServiceName } from '../api/labels.ts';
import { type JsonObject, list, number, record, text } from '../lib/json.ts';

/** A header that nobody sends; its value holds what only readers of the AppRelease know. */
export const PIN_HEADER = 'x-slipway-pin';

/** As many as an HTTPRoute may have. */
export const RULES_MAX = 16;

/** What the pins of a release are known by; undefined where its route needs none. */
export function pinOf(
  uid: string,
  { checks, traffic }: Pick<AppReleaseSpec, 'checks' | 'traffic'>,
): string | undefined {
  const isOwn = traffic?.gateway?.route !== undefined;
  return isOwn && checks?.gateway?.provider === 'envoyGateway' ? uid : undefined;
}

/** One rule for each port of each of the two Services that `rules` name. */
export function pinRules(rules: readonly unknown[], release: string, pin: string): JsonObject[] {
  const pair = new Set([stableServiceName(release), canaryServiceName(release)]);
  const places = rules
    .flatMap((rule) => list(record(rule)['backendRefs']).map(record))
    .flatMap((ref) => {
      const name = text(ref['name']) ?? '';
      return pair.has(name) ? [{ name, port: number(ref['port']) }] : [];
    });
  const each = new Map(places.map((place) => [`${place.name}-${place.port}`, place]));
  return [...each].map(([key, { name, port }]) => ({
    matches: [{ headers: [{ name: PIN_HEADER, value: `${pin}-${key}` }] }],
    backendRefs: [{ name, ...(port === undefined ? {} : { port }) }],
  }));
}
