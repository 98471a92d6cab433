// Queries that make no sense, one for each rule of the schema: the parser refuses them beside its
// source, a real API server in test/integration, both at the same field and in the same words.

export interface Nonsense {
  readonly what: string;
  readonly spec: object;
  readonly field: string;
}

interface Row {
  readonly what: string;
  readonly query: object;
  /** Below the query. */
  readonly at?: string;
}

const WEB = { url: 'http://web/', path: 'a' };
const JOB = { template: { spec: { containers: [{ name: 'smoke', image: 'smoke:1' }] } } };
const compareWithStable = {};

const asking = (over: object) => ({
  prometheus: { address: 'http://prometheus:9090', query: 'up', ...over },
  threshold: { max: 1 },
});
const fetching = (over: object) => ({ web: { ...WEB, ...over }, threshold: { max: 1 } });
const bounded = (threshold: object) => ({ web: WEB, threshold });

const ROWS: readonly Row[] = [
  { what: 'a query without a source', query: { threshold: { max: 1 } } },
  { what: 'a query of two sources', query: { web: WEB, job: JOB, threshold: { max: 1 } } },
  { what: 'a query without a meaning', query: { web: WEB } },
  { what: 'a job beside stable', query: { job: JOB, compareWithStable }, at: '.compareWithStable' },
  { what: 'a threshold without a bound', query: bounded({}), at: '.threshold' },
  { what: 'a text and a bound', query: bounded({ max: 1, equals: 'ok' }), at: '.threshold' },
  { what: 'bounds that cross', query: bounded({ min: 2, max: 1 }), at: '.threshold' },
  {
    what: 'a patience that holds up others',
    query: { ...fetching({}), timeoutSeconds: 31 },
    at: '.timeoutSeconds',
  },
  {
    what: 'an address without a scheme',
    query: asking({ address: 'prometheus:9090' }),
    at: '.prometheus.address',
  },
  {
    what: 'a range of too many points',
    query: asking({ range: { seconds: 3601, stepSeconds: 3 } }),
    at: '.prometheus.range',
  },
  {
    what: 'an unknown placeholder in PromQL',
    query: asking({ query: 'x{pod="{{pod}}"}' }),
    at: '.prometheus.query',
  },
  {
    what: 'a user name in an address',
    query: fetching({ url: 'http://ann@web/' }),
    at: '.web.url',
  },
  {
    what: 'an unknown placeholder in an address',
    query: fetching({ url: 'http://web/{{Hash}}' }),
    at: '.web.url',
  },
  {
    what: 'an unknown placeholder in a body',
    query: fetching({ method: 'POST', body: '{{x}}' }),
    at: '.web.body',
  },
  {
    what: 'an unknown placeholder in a header',
    query: fetching({ headers: [{ name: 'x-a', value: '{{x}}' }] }),
    at: '.web.headers',
  },
  {
    what: 'a token in a header',
    query: fetching({ headers: [{ name: 'AUTHORIZATION', value: 'Bearer x' }] }),
    at: '.web.headers',
  },
  { what: 'a body of a GET', query: fetching({ body: '{}' }), at: '.web.body' },
  { what: 'a path that is none', query: fetching({ path: 'a..b' }), at: '.web.path' },
  {
    what: 'a comparison of PromQL that names no version',
    query: { prometheus: { address: 'http://prometheus:9090', query: 'up' }, compareWithStable },
    at: '.prometheus.query',
  },
  {
    what: 'a comparison of a page that names no version',
    query: { web: { ...WEB, url: 'http://{{name}}/' }, compareWithStable },
    at: '.web',
  },
  {
    what: 'two ways to prove who we are',
    query: asking({ authorization: { bearer: { name: 'a' }, basic: { name: 'b' } } }),
    at: '.prometheus.authorization',
  },
];

/** Each row in a specification that is otherwise good. */
export function queryNonsense(rest: object): readonly Nonsense[] {
  return ROWS.map(({ at = '', query, what }) => ({
    what,
    spec: { ...rest, checks: { queries: [{ name: 'p99', ...query }] } },
    field: `spec.checks.queries[0]${at}`,
  }));
}
