// What a counter codec is: it knows one naming of request counters, says which series it needs, and
// adds them up. A new naming is a new file, a fixture, a line in the contract suite and in
// recognize.ts; nothing else changes.
import type { Counters } from '../analysis/sample.ts';
import type { Exposition } from './exposition.ts';

export type CounterCodec = {
  readonly kind: string;
  /** Sample names that `read` looks at. */
  readonly wants: (name: string) => boolean;
  /** Undefined: this page does not use this naming. */
  readonly read: (page: Exposition, excluded: ExcludedPaths) => CounterReading | undefined;
};

/** Paths whose requests are not users' requests, without trailing slash or query. */
export type ExcludedPaths = ReadonlySet<string>;

export type CounterReading = {
  readonly counters: Counters;
  /**
   * `announcement`: a TYPE line without a series; a naming in use elsewhere on the page is better.
   */
  readonly basis: 'series' | 'announcement';
  /** `unknown`: no series tells its path, so probes are among the requests. */
  readonly paths: 'told' | 'unknown';
};
