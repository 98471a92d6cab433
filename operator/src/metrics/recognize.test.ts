// The order of the list and what the page does not say; each naming itself is in the contract
// suite.
import { describe, expect, it } from '@jest/globals';
import { compileLabels } from './label-match.ts';
import { namedCounters } from './named-counters.ts';
import { recognize } from './recognize.ts';

const read = (text: string, excludedPaths: readonly string[] = []): ReturnType<typeof recognize> =>
  recognize(text, { excludedPaths });

describe('recognize', () => {
  it('prefers a counter in use to one that is only announced', () => {
    const page = [
      '# TYPE http_server_request_duration_seconds histogram',
      '# TYPE http_requests_total counter',
      'http_requests_total{status="200"} 7',
      '',
    ].join('\n');
    expect(read(page)).toMatchObject({ codec: 'requestsTotal', counters: { requests: 7 } });
  });

  it('passes over a counter without a status', () => {
    const page = [
      'http_requests_total{method="GET"} 9',
      'http_request_duration_seconds_count{code="500"} 4',
      '',
    ].join('\n');
    expect(read(page)).toMatchObject({
      codec: 'requestDuration',
      counters: { requests: 4, errors: 4 },
    });
  });

  it('says when no series tells its path', () => {
    expect(read('http_requests_total{code="200"} 9\n')).toMatchObject({ paths: 'unknown' });
  });

  it('does not leave out / because a probe asks for it', () => {
    const page = 'http_requests_total{code="200",path="/"} 9\n';
    expect(read(page, ['/'])).toMatchObject({ counters: { requests: 9 } });
  });

  it('counts a class of statuses and ignores what is no server error', () => {
    const page = ['5xx', '503', '499', '404', '200', '50', '']
      .map((status) => `http_requests_total{status="${status}"} 1\n`)
      .join('');
    expect(read(page)).toMatchObject({ counters: { requests: 7, errors: 2 } });
  });

  it('keeps only the latency bounds that every series has', () => {
    const page = [
      'http_request_duration_seconds_count{code="200",route="/a"} 4',
      'http_request_duration_seconds_bucket{code="200",route="/a",le="0.1"} 3',
      'http_request_duration_seconds_bucket{code="200",route="/a",le="+Inf"} 4',
      'http_request_duration_seconds_bucket{code="200",route="/b",le="0.1"} 1',
      'http_request_duration_seconds_bucket{code="200",route="/b",le="0.5"} 2',
      'http_request_duration_seconds_bucket{code="200",route="/b",le="+Inf"} 2',
      '',
    ].join('\n');
    expect(read(page)).toMatchObject({
      counters: { latency: { boundsSeconds: [0.1], cumulative: [4], count: 6 } },
    });
  });

  it('reads no latency from buckets that contradict each other', () => {
    const page = [
      'http_request_duration_seconds_count{code="200"} 4',
      'http_request_duration_seconds_bucket{code="200",le="0.1"} 5',
      'http_request_duration_seconds_bucket{code="200",le="+Inf"} 4',
      '',
    ].join('\n');
    expect(read(page)).toMatchObject({ kind: 'recognized', counters: { requests: 4 } });
    expect(read(page)).not.toHaveProperty('counters.latency');
  });

  it('names the first ten counters where it recognises none', () => {
    const page = Array.from({ length: 12 }, (_, i) => `# TYPE c${i}_total counter\n`).join('');
    const reading = read(`# TYPE g gauge\n${page}`);
    expect(reading).toEqual({
      kind: 'notRecognized',
      counterNames: Array.from({ length: 10 }, (_, i) => `c${i}_total`),
    });
  });
});

describe('pairs of counters that the user named', () => {
  it('are read beside the requests, and left out where the page lacks them', () => {
    const page = [
      'http_requests_total{status="200"} 7',
      'logins_total{result="ok"} 5',
      'logins_total{result="no"} 2',
      '',
    ].join('\n');
    const logins = namedCounters({
      total: { name: 'logins_total', labels: [] },
      errors: { name: 'logins_total', labels: compiled({ result: 'no' }) },
    });
    const orders = namedCounters({
      total: { name: 'orders_total', labels: [] },
      errors: { name: 'orders_total', labels: compiled({ result: 'no' }) },
    });
    const pairs = new Map([
      ['logins', logins],
      ['orders', orders],
    ]);
    expect(recognize(page, { excludedPaths: [], pairs })).toMatchObject({
      kind: 'recognized',
      counters: { requests: 7, errors: 0, pairs: { logins: { total: 7, bad: 2 } } },
    });
  });
});

function compiled(labels: Record<string, string>) {
  const result = compileLabels(labels);
  if (result.kind === 'error') throw new Error(result.error);
  return result.value;
}
