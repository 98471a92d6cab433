import { describe, expect, it } from '@jest/globals';
import { prometheus as schema } from '../../api/query-sources.ts';
import { instant } from '../../lib/instant.ts';
import { prometheus } from './prometheus.ts';

const VALUES = { hash: 'bcd', replicaSet: 'a-r1-bcd', revision: '1', name: 'a', namespace: 'n' };
const CONTEXT = { values: VALUES, now: instant(1_000_000), timeoutSeconds: 5 };
const source = (over: object = {}) =>
  schema.parse({ address: 'http://p:9090', query: 'up', ...over });
const range = (reduce?: string) =>
  source({ range: { seconds: 60, ...(reduce ? { reduce } : {}) } });

const data = (resultType: string, result: unknown, over: object = {}) =>
  JSON.stringify({ status: 'success', data: { resultType, result }, ...over });
const vector = (...values: string[]) =>
  data(
    'vector',
    values.map((value) => ({ metric: {}, value: [1, value] })),
  );
const matrix = (...points: string[]) =>
  data('matrix', [{ metric: {}, values: points.map((point, at) => [at, point]) }]);
const read = (body: string, { status = 200, of = source() } = {}) =>
  prometheus.parse(of, { status, body });

describe('an answer of Prometheus', () => {
  it.each([
    ['one series', vector('0.5'), { kind: 'value', value: 0.5 }],
    ['a scalar', data('scalar', [1, '-2e-3']), { kind: 'value', value: -0.002 }],
    ['no series', vector(), { kind: 'noData', why: 'no series matches the query' }],
    ['0/0', vector('NaN'), { kind: 'noData' }],
    ['n/0', vector('+Inf'), { kind: 'noData' }],
    ['-n/0', data('scalar', [1, '-Inf']), { kind: 'noData' }],
    ['a number too large for one', vector('1e999'), { kind: 'noData' }],
    ['a word', vector('many'), { kind: 'error' }],
    ['hexadecimal', vector('0x10'), { kind: 'error' }],
    ['a number that is not text', data('vector', [{ value: [1, 2] }]), { kind: 'error' }],
    ['a text', data('string', [1, 'a']), { kind: 'error' }],
    ['a page of another server', '{"data":1}', { kind: 'error' }],
    ['HTML', '<html>', { kind: 'error', why: 'the answer is not JSON' }],
    ['nothing', '', { kind: 'noData' }],
  ])('that is %s', (_what, body, want) => {
    expect(read(body)).toMatchObject(want);
  });

  it('with several series says how to make one of them', () => {
    expect(read(vector('1', '2', '3'))).toMatchObject({
      kind: 'error',
      why: expect.stringMatching(/^the query gives 3 series: aggregate .*sum\(/),
    });
  });

  it('with a histogram says how to make a number of it', () => {
    const body = data('vector', [{ metric: {}, histogram: [1, { count: '1' }] }]);
    expect(read(body)).toMatchObject({
      kind: 'error',
      why: expect.stringContaining('histogram_quantile'),
    });
  });

  it('that refuses the query says why, in its words', () => {
    const body = '{"status":"error","errorType":"bad_data","error":"parse error:\\n unclosed"}';
    expect(read(body, { status: 400 })).toEqual({
      kind: 'error',
      why: 'Prometheus refuses the query (bad_data): parse error: unclosed',
    });
  });

  it('is no value while it warns that a part is missing, but for notes about the query', () => {
    const warned = (warning: string) => read(data('scalar', [1, '1'], { warnings: [warning] }));
    expect(warned('remote_read: timeout')).toMatchObject({
      kind: 'error',
      why: expect.stringContaining('remote_read: timeout'),
    });
    expect(warned('PromQL info: metric might not be a counter')).toMatchObject({ kind: 'value' });
  });
});

describe('a range', () => {
  it.each([
    ['mean', 2],
    ['max', 4],
    ['min', 1],
    ['last', 1],
  ])('is reduced to its %s, without the points that are no numbers', (reduce, value) => {
    const body = matrix('NaN', '4', '1', '+Inf', '1');
    expect(read(body, { of: range(reduce) })).toEqual({ kind: 'value', value });
  });

  it('is no data when it has no point that is a number', () => {
    expect(read(matrix('NaN', 'NaN'), { of: range() })).toMatchObject({ kind: 'noData' });
    expect(read(matrix(), { of: range() })).toMatchObject({ kind: 'noData' });
    expect(read(data('matrix', []), { of: range() })).toMatchObject({ kind: 'noData' });
  });

  it('asks for the time up to now', () => {
    const { body, url } = prometheus.request(range(), CONTEXT);
    expect(url).toBe('http://p:9090/api/v1/query_range');
    expect(body).toBe('query=up&timeout=5s&start=940.000&end=1000.000&step=15');
  });
});

describe('a query', () => {
  it('keeps the path of the address and escapes what it asks', () => {
    const of = source({
      address: 'https://p/prom/',
      query: 'sum(x{pod=~"{{replicaSet}}-.+",a="b&c"})',
    });
    const { body, method, url } = prometheus.request(of, CONTEXT);
    expect({ method, url }).toEqual({ method: 'POST', url: 'https://p/prom/api/v1/query' });
    expect(new URLSearchParams(body).get('query')).toBe('sum(x{pod=~"a-r1-bcd-.+",a="b&c"})');
  });
});
