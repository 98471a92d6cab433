// What a gateway codec is: it knows which series of a proxy's metrics page count the requests of one
// Service, and which of those failed. A proxy of another make is a new file, a fixture and a line in the
// contract suite.
import type { Counters } from '../../analysis/sample.ts';
import { type ExpositionLimits, parseExposition } from '../exposition.ts';
import type { SampleLine } from '../sample-line.ts';
import { envoyGateway } from './envoy-gateway.ts';
import { traefik } from './traefik.ts';

export type Backend = { readonly namespace: string; readonly service: string };

export type GatewayCodec = {
  readonly kind: GatewayProvider;
  /** Where its metrics page is, unless told otherwise. */
  readonly path: string;
  /** Name of the counter with one series per backend and status. */
  readonly counter: string;
  readonly isOf: (line: SampleLine, backend: Backend) => boolean;
  /** An answer of 5xx, whoever made it: the backend, or the proxy that did not reach it. */
  readonly isError: (line: SampleLine) => boolean;
};

export const GATEWAY_PROVIDERS = ['envoyGateway', 'traefik'] as const;
export type GatewayProvider = (typeof GATEWAY_PROVIDERS)[number];

export const GATEWAY_CODECS = { envoyGateway, traefik } as const satisfies Record<
  GatewayProvider,
  GatewayCodec
>;

export type GatewayReading =
  | { readonly kind: 'counted'; readonly stable: Counters; readonly canary: Counters }
  /** The page has no series of either backend. */
  | { readonly kind: 'notPerBackend' }
  | { readonly kind: 'unreadable' };

/** A proxy's page is larger than a pod's: it tells of every route. */
const LIMITS: ExpositionLimits = { maxChars: 16 * 1024 * 1024, maxSeries: 50_000 };

/** Reads one proxy's page. Total: any text gives one of the three answers. */
export function readGateway(
  text: string,
  codec: GatewayCodec,
  backends: { readonly stable: Backend; readonly canary: Backend },
): GatewayReading {
  const page = parseExposition(text, (name) => name === codec.counter, LIMITS);
  if (page.kind === 'error') return { kind: 'unreadable' };
  const of = (backend: Backend) => page.value.series.filter((line) => codec.isOf(line, backend));
  const [stable, canary] = [of(backends.stable), of(backends.canary)];
  // A backend that nobody asked yet has no series: beside the other one's, that is zero.
  if (stable.length + canary.length === 0) return { kind: 'notPerBackend' };
  return { kind: 'counted', stable: sumOf(stable, codec), canary: sumOf(canary, codec) };
}

/* NaN where a value is no count, so that the bookkeeping refuses the whole reading. */
function sumOf(lines: readonly SampleLine[], codec: GatewayCodec): Counters {
  const add = (some: readonly SampleLine[]): number =>
    some.reduce((sum, { value }) => (value >= 0 ? sum + value : Number.NaN), 0);
  return { requests: add(lines), errors: add(lines.filter(codec.isError)) };
}
