// Parser of the Prometheus text format and of OpenMetrics text. What a pod answers is not trusted:
// size and series are bounded, each character is looked at a constant number of times, and a page
// that is cut off or malformed where it matters is refused whole, never half read.
//
// Only families that are wanted become objects; the lines of all others are skipped unread.
import { type Result, err, ok } from '../lib/result.ts';
import { type SampleLine, isMetricName, readSampleLine, sampleLineName } from './sample-line.ts';

export type ExpositionLimits = { readonly maxChars: number; readonly maxSeries: number };

export const DEFAULT_LIMITS: ExpositionLimits = { maxChars: 8 * 1024 * 1024, maxSeries: 20_000 };

/** Why a page was refused; `line` counts from 1. */
export type ExpositionError =
  | { readonly kind: 'tooLarge'; readonly maxChars: number }
  | { readonly kind: 'tooManySeries'; readonly maxSeries: number }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'malformed'; readonly line: number; readonly why: string };

/** The wanted part of a page. */
export type Exposition = {
  readonly series: readonly SampleLine[];
  /** Families that a TYPE line names, wanted or not, with their types; at most MAX_FAMILIES. */
  readonly families: ReadonlyMap<string, string>;
};

/** More TYPE lines than this are not remembered. */
const MAX_FAMILIES = 2000;

/**
 * Reads a page. `wanted` is asked for sample names (`x_total`, `x_bucket`, ...), names with other
 * characters than a-z, 0-9, `_` and `:` already turned to underscores.
 */
export function parseExposition(
  text: string,
  wanted: (name: string) => boolean,
  limits: ExpositionLimits = DEFAULT_LIMITS,
): Result<Exposition, ExpositionError> {
  if (text.length > limits.maxChars) return err({ kind: 'tooLarge', maxChars: limits.maxChars });
  // Every line ends with a line feed in both formats; a number cut short would be another number.
  if (text !== '' && !text.endsWith('\n')) return err({ kind: 'truncated' });
  const series: SampleLine[] = [];
  const families = new Map<string, string>();
  const isWanted = remembering(wanted);
  let lineNumber = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end).trim();
    start = end + 1;
    lineNumber += 1;
    if (line === '') continue;
    if (line.startsWith('#')) {
      noteFamily(line, families);
      continue;
    }
    const name = sampleLineName(line);
    if (name !== undefined && !isWanted(name)) continue;
    const sample = readSampleLine(line);
    if (sample.kind === 'error') {
      return err({ kind: 'malformed', line: lineNumber, why: sample.error });
    }
    if (!isWanted(sample.value.name)) continue;
    if (series.length >= limits.maxSeries) {
      return err({ kind: 'tooManySeries', maxSeries: limits.maxSeries });
    }
    series.push(sample.value);
  }
  return ok({ series, families });
}

/** One sentence for a condition or a log line. */
export function describeExpositionError(error: ExpositionError): string {
  switch (error.kind) {
    case 'tooLarge':
      return `the metrics page is longer than ${error.maxChars} characters`;
    case 'tooManySeries':
      return `the metrics page has more than ${error.maxSeries} series of the counters read`;
    case 'truncated':
      return 'the metrics page ends in the middle of a line';
    case 'malformed':
      return `line ${error.line} of the metrics page is malformed: ${error.why}`;
  }
}

/** Lines of one family stand together, so the last answer is nearly always the next one. */
function remembering(wanted: (name: string) => boolean): (name: string) => boolean {
  let lastName = '';
  let lastAnswer = wanted('');
  return (name) => {
    if (name !== lastName) {
      lastName = name;
      lastAnswer = wanted(name);
    }
    return lastAnswer;
  };
}

function noteFamily(line: string, families: Map<string, string>): void {
  if (!line.startsWith('# TYPE ') || families.size >= MAX_FAMILIES) return;
  const [name, type] = line.slice('# TYPE '.length).trim().split(/\s+/, 2);
  if (name !== undefined && type !== undefined && isMetricName(name)) families.set(name, type);
}
