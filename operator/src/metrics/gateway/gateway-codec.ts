// What a gateway codec is: it knows which series of a proxy's metrics page count the requests of one
// Service, and which of those failed. A proxy of another make is a new file, a fixture and a line in the
// contract suite. `gateway-codecs.ts` lists them.
import type { Counters } from '../../analysis/sample.ts';
import { type ExpositionLimits, describeExpositionError, parseExposition } from '../exposition.ts';
import type { SampleLine } from '../sample-line.ts';

/** A Service, as the HTTPRoute of the same namespace names it. */
export type Backend = {
  readonly namespace: string;
  readonly route: string;
  readonly service: string;
};

export type GatewayCodec = {
  readonly kind: GatewayProvider;
  /** Where its metrics page is, unless told otherwise. */
  readonly path: string;
  /** Names of the counters that are read. */
  readonly counters: readonly string[];
  readonly isOf: (line: SampleLine, backend: Backend) => boolean;
  /** Counts every request once. */
  readonly isRequest: (line: SampleLine) => boolean;
  /** An answer of 5xx, whoever made it: the backend, or the proxy that did not reach it. */
  readonly isError: (line: SampleLine) => boolean;
};

export const GATEWAY_PROVIDERS = ['envoyGateway', 'traefik'] as const;
export type GatewayProvider = (typeof GATEWAY_PROVIDERS)[number];

export type GatewayReading =
  | { readonly kind: 'counted'; readonly stable: Counters; readonly canary: Counters }
  /** The page has no series of either backend. */
  | { readonly kind: 'notPerBackend' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** A proxy's page is larger than a pod's: it tells of every route. */
const LIMITS: ExpositionLimits = { maxChars: 16 * 1024 * 1024, maxSeries: 50_000 };

/** Reads one proxy's page. Total: any text gives one of the three answers. */
export function readGateway(
  text: string,
  codec: GatewayCodec,
  backends: { readonly stable: Backend; readonly canary: Backend },
): GatewayReading {
  const page = parseExposition(text, (name) => codec.counters.includes(name), LIMITS);
  if (page.kind === 'error') return { kind: 'unreadable', why: describeExpositionError(page.error) };
  const of = (backend: Backend) => page.value.series.filter((line) => codec.isOf(line, backend));
  const [stable, canary] = [of(backends.stable), of(backends.canary)];
  // A backend that nobody asked yet has no series: beside the other one's, that is zero.
  if (stable.length + canary.length === 0) return { kind: 'notPerBackend' };
  return { kind: 'counted', stable: sumOf(stable, codec), canary: sumOf(canary, codec) };
}

function sumOf(lines: readonly SampleLine[], codec: GatewayCodec): Counters {
  const errors = add(lines.filter(codec.isError));
  // The two can be a request apart where the page was written while one was answered.
  return { requests: Math.max(add(lines.filter(codec.isRequest)), errors), errors };
}

/* NaN where a value is no count, so that the bookkeeping refuses the whole reading. */
function add(lines: readonly SampleLine[]): number {
  return lines.reduce((sum, { value }) => (value >= 0 ? sum + value : Number.NaN), 0);
}
