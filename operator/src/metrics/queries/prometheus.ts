// The HTTP API of Prometheus: one instant or range query, and one number out of its answer.
// https://prometheus.io/docs/prometheus/latest/querying/api/
import type { QuerySample } from '../../analysis/query-sample.ts';
import { fillPlaceholders } from '../../api/placeholders.ts';
import type { PrometheusSource } from '../../api/query-sources.ts';
import { list, record, text } from '../../lib/json.ts';
import {
  failed,
  type HttpQueryCodec,
  jsonOf,
  noData,
  numberSample,
  statusProblem,
} from './query-codec.ts';

export const prometheus: HttpQueryCodec<PrometheusSource> = {
  /* POST: a long query does not fit into an address, and stays out of access logs. */
  request: ({ address, query, range }, { now, timeoutSeconds, values }) => ({
    method: 'POST',
    url: `${address.replace(/\/+$/, '')}/api/v1/${range ? 'query_range' : 'query'}`,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form({
      query: fillPlaceholders(query, values),
      timeout: `${timeoutSeconds}s`,
      ...(range
        ? {
            start: secondsText(now - range.seconds * 1000),
            end: secondsText(now),
            step: String(range.stepSeconds),
          }
        : {}),
    }),
  }),
  parse: (source, response) => {
    const parsed = jsonOf(response.body);
    const answer = 'json' in parsed ? record(parsed.json) : {};
    if (answer['status'] === 'error') return refusal(answer);
    if (response.status < 200 || response.status > 299) return statusProblem(response.status);
    if ('problem' in parsed) return parsed.problem;
    if (answer['status'] !== 'success') {
      return failed('the answer is not that of a Prometheus API: look at address');
    }
    return warningOf(answer) ?? dataSample(record(answer['data']), source);
  },
};

function form(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

function secondsText(epochMs: number): string {
  return (epochMs / 1000).toFixed(3);
}

function refusal(answer: Readonly<Record<string, unknown>>): QuerySample {
  const kind = text(answer['errorType']) ?? 'error';
  return failed(
    `Prometheus refuses the query (${kind}): ${text(answer['error']) ?? 'it does not say why'}`,
  );
}

/* With a warning a part of the data may be missing, and what is missing may be the errors. Notes
   about the query itself, which older servers put into the same list, do no harm. */
function warningOf(answer: Readonly<Record<string, unknown>>): QuerySample | undefined {
  const warning = list(answer['warnings']).find(
    (one) => !(text(one) ?? '').startsWith('PromQL info:'),
  );
  return warning === undefined
    ? undefined
    : failed(`Prometheus warns that the answer may be incomplete: ${text(warning) ?? ''}`);
}

function dataSample(
  data: Readonly<Record<string, unknown>>,
  source: PrometheusSource,
): QuerySample {
  const { result, resultType } = data;
  switch (resultType) {
    case 'scalar':
      return pointSample(result);
    case 'vector':
      return ofOneSeries(list(result), (series) => pointSample(series['value']));
    case 'matrix':
      return ofOneSeries(list(result), (series) => reduced(list(series['values']), source));
    default:
      return failed(
        `the query gives ${text(resultType) ?? 'nothing known'}, not a number: give a scalar or one series`,
      );
  }
}

function ofOneSeries(
  all: readonly unknown[],
  read: (series: Readonly<Record<string, unknown>>) => QuerySample,
): QuerySample {
  if (all.length === 0) return noData('no series matches the query');
  if (all.length > 1) {
    return failed(
      `the query gives ${all.length} series: aggregate them into one, with sum(...) or max(...), or name more labels`,
    );
  }
  const series = record(all[0]);
  if (series['histogram'] !== undefined || series['histograms'] !== undefined) {
    return failed(
      'the query gives a histogram: make a number of it, with histogram_quantile(0.99, ...)',
    );
  }
  return read(series);
}

const NUMBER = /^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i;

/* A point is [seconds, "number"]. */
function pointSample(point: unknown): QuerySample {
  const number = numberIn(point);
  return number === undefined
    ? failed('the answer has no number where one belongs')
    : numberSample(number);
}

function numberIn(point: unknown): number | undefined {
  const written = text(list(point)[1]);
  switch (written) {
    case undefined:
      return undefined;
    case 'NaN':
      return Number.NaN;
    case '+Inf':
    case 'Inf':
      return Number.POSITIVE_INFINITY;
    case '-Inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return NUMBER.test(written) ? Number(written) : undefined;
  }
}

function reduced(points: readonly unknown[], { range }: PrometheusSource): QuerySample {
  const numbers = points.map(numberIn);
  if (numbers.some((number) => number === undefined)) {
    return failed('the answer has no number where one belongs');
  }
  const finite = numbers.filter((number): number is number => Number.isFinite(number));
  const [first] = finite;
  if (first === undefined) {
    return noData(
      points.length === 0 ? 'the series has no point' : 'every point is NaN or infinite',
    );
  }
  return numberSample(REDUCE[range?.reduce ?? 'mean'](finite));
}

const REDUCE = {
  mean: (points: readonly number[]) => points.reduce((a, b) => a + b) / points.length,
  max: (points: readonly number[]) => points.reduce((a, b) => Math.max(a, b)),
  min: (points: readonly number[]) => points.reduce((a, b) => Math.min(a, b)),
  last: (points: readonly number[]) => points.at(-1) ?? Number.NaN,
} as const;
