// From a metrics page to one pod's request counters: the ordered list of known namings.
import type { Counters } from '../analysis/sample.ts';
import type { CounterCodec, ExcludedPaths } from './codec.ts';
import {
  DEFAULT_LIMITS,
  type Exposition,
  type ExpositionError,
  type ExpositionLimits,
  parseExposition,
} from './exposition.ts';
import { openTelemetry } from './open-telemetry.ts';
import { requestDuration } from './request-duration.ts';
import { plainPath } from './request-series.ts';
import { requestsTotal } from './requests-total.ts';

/** First match wins. Counters that the user named replace the list. */
export const KNOWN_CODECS: readonly CounterCodec[] = [
  openTelemetry,
  requestsTotal,
  requestDuration,
];

/** Left out even where the pod template names no probe. */
const USUAL_PATHS = ['/livez', '/readyz', '/healthz', '/metrics'];

export type RecognizeOptions = {
  /** Paths of the pod template's probes and of the scrape. `/` is ignored: users ask for it too. */
  readonly excludedPaths: readonly string[];
  readonly codecs?: readonly CounterCodec[];
  /** Pairs of counters that the user named, by their name. */
  readonly pairs?: ReadonlyMap<string, CounterCodec>;
  readonly limits?: ExpositionLimits;
};

export type Recognition =
  | {
      readonly kind: 'recognized';
      readonly codec: string;
      readonly counters: Counters;
      readonly paths: 'told' | 'unknown';
    }
  | {
      readonly kind: 'notRecognized';
      /** The first ten counters of the page, for the condition MetricsNotRecognized. */
      readonly counterNames: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly error: ExpositionError };

/** Reads one pod's page. Total: any text gives one of the three answers. */
export function recognize(text: string, options: RecognizeOptions): Recognition {
  const codecs = options.codecs ?? KNOWN_CODECS;
  const pairs = options.pairs ?? NO_PAIRS;
  const wanted = (name: string): boolean =>
    [...codecs, ...pairs.values()].some((codec) => codec.wants(name));
  const page = parseExposition(text, wanted, options.limits ?? DEFAULT_LIMITS);
  if (page.kind === 'error') return { kind: 'unreadable', error: page.error };
  const excluded = excludedPathsOf(options.excludedPaths);
  const readings = codecs.flatMap((codec) => {
    const reading = codec.read(page.value, excluded);
    return reading === undefined ? [] : [{ codec: codec.kind, ...reading }];
  });
  const [first] = readings.toSorted((a, b) => RANK[a.basis] - RANK[b.basis]);
  if (first === undefined) {
    return { kind: 'notRecognized', counterNames: counterNamesOf(page.value) };
  }
  const { codec, counters, paths } = first;
  const named = pairsOn(page.value, excluded, pairs);
  return { kind: 'recognized', codec, counters: { ...counters, ...named }, paths };
}

const NO_PAIRS: ReadonlyMap<string, CounterCodec> = new Map();

/* A pair that the page does not have is left out: absent is not zero. */
function pairsOn(
  page: Exposition,
  excluded: ExcludedPaths,
  pairs: ReadonlyMap<string, CounterCodec>,
): Pick<Counters, 'pairs'> {
  const read = [...pairs].flatMap(([name, codec]) => {
    const reading = codec.read(page, excluded);
    if (reading === undefined) return [];
    const { errors, requests } = reading.counters;
    return [[name, { total: requests, bad: errors }] as const];
  });
  return read.length === 0 ? {} : { pairs: Object.fromEntries(read) };
}

const RANK = { series: 0, announcement: 1 } as const;

function excludedPathsOf(paths: readonly string[]): ExcludedPaths {
  return new Set([...USUAL_PATHS, ...paths].map(plainPath).filter((path) => path !== '/'));
}

function counterNamesOf(page: Exposition): readonly string[] {
  return [...page.families]
    .filter(([, type]) => type === 'counter' || type === 'histogram')
    .slice(0, 10)
    .map(([name]) => name);
}
