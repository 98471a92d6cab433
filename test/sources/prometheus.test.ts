// Queries as the operator asks them, answered by a real Prometheus.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { judgeQueries } from '../../operator/src/analysis/queries.ts';
import type { QuerySample } from '../../operator/src/analysis/query-sample.ts';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { createQueryWatcher } from '../../operator/src/controller/queries/ask-queries.ts';
import { askHttp } from '../../operator/src/controller/queries/ask-http.ts';
import type { ReadSecret } from '../../operator/src/controller/queries/secrets.ts';
import { createSend } from '../../operator/src/controller/queries/send.ts';
import { systemClock } from '../../operator/src/lib/clock.ts';
import { silent } from '../../operator/src/lib/log.ts';
import { err, ok } from '../../operator/src/lib/result.ts';
import { waitFor } from '../cluster/src/process/wait.ts';
import { createPrometheus, type PrivatePrometheus } from './prometheus.ts';
import { startTwoVersions, type TwoVersions } from './two-versions.ts';

const STABLE = 'bcd';
const CANDIDATE = 'fgh';
const SHARES = { [STABLE]: 0.01, [CANDIDATE]: 0.25 };

const RATE = (code: string) => `sum(rate(http_requests_total{hash="{{hash}}"${code}}[2s]))`;
const ERROR_SHARE = `${RATE(',code="500"')} / ${RATE('')}`;

let app: TwoVersions;
let prometheus: PrivatePrometheus;
const send = createSend({ loopback: 'allowed' });

const readSecret: ReadSecret = ({ key }) => {
  const found = {
    username: prometheus.username,
    password: prometheus.password,
    'ca.crt': prometheus.ca,
  }[key];
  return Promise.resolve(found === undefined ? err('no such key') : ok(found));
};
const source = (query: string, over: object = {}) => ({
  address: prometheus.address,
  query,
  authorization: { basic: { name: 'login' } },
  tls: { ca: { name: 'ca', key: 'ca.crt' } },
  ...over,
});
const valuesOf = (hash: string) => ({
  hash,
  replicaSet: `web-r1-${hash}`,
  revision: '1',
  name: 'web',
  namespace: 'shop',
});
const ask = (query: string, { hash = CANDIDATE, over = {} } = {}): Promise<QuerySample> =>
  askHttp(
    { send, readSecret },
    {
      source: { kind: 'prometheus', ...source(query, over) },
      values: valuesOf(hash),
      timeoutSeconds: 5,
      now: systemClock.now(),
    },
  );
const valueOf = async (query: string, hash: string): Promise<number> => {
  const sample = await ask(query, { hash });
  return sample.kind === 'value' && typeof sample.value === 'number' ? sample.value : Number.NaN;
};
const range = (reduce: string) => ({ over: { range: { seconds: 2, stepSeconds: 1, reduce } } });

beforeAll(async () => {
  app = await startTwoVersions(SHARES);
  prometheus = await createPrometheus(app.port);
  await prometheus.start();
  await waitFor({
    what: 'rates of both versions',
    deadlineMs: 20_000,
    check: async () => (await ask(ERROR_SHARE)).kind === 'value' || undefined,
  });
});

afterAll(async () => {
  await prometheus?.remove();
  await app?.stop();
});

describe('a query to Prometheus', () => {
  it('tells the versions apart', async () => {
    expect(await valueOf(ERROR_SHARE, STABLE)).toBeCloseTo(SHARES[STABLE] ?? 0, 6);
    expect(await valueOf(ERROR_SHARE, CANDIDATE)).toBeCloseTo(SHARES[CANDIDATE] ?? 0, 6);
  });

  it('gives a scalar', async () => {
    expect(await ask('scalar(sum(up))')).toEqual({ kind: 'value', value: 1 });
  });

  it('over a range gives the points it has, reduced', async () => {
    for (const reduce of ['mean', 'max', 'min', 'last']) {
      const sample = await ask(ERROR_SHARE, range(reduce));
      expect(sample).toEqual({ kind: 'value', value: expect.closeTo(SHARES[CANDIDATE] ?? 0, 6) });
    }
  });

  it.each([
    ['no series matches', 'nothing_of_that_name', {}, 'no series matches the query'],
    [
      'no series matches over a range',
      'nothing_of_that_name',
      range('max'),
      'no series matches the query',
    ],
    [
      'there was no request: 0/0',
      'rate(idle_requests_total{hash="{{hash}}"}[2s]) / rate(idle_requests_total{hash="{{hash}}"}[2s])',
      {},
      'NaN',
    ],
    [
      'there was no request in the whole range',
      'rate(idle_requests_total{hash="{{hash}}"}[2s]) / 0',
      range('max'),
      'every point is NaN',
    ],
    ['it is divided by nothing: n/0', 'sum(up) / 0', {}, '+Inf'],
  ])('is no data when %s', async (...[, query, over, why]) => {
    expect(await ask(query, over)).toEqual({ kind: 'noData', why: expect.stringContaining(why) });
  });

  it.each([
    [
      'several series match',
      'http_requests_total{hash="{{hash}}"}',
      {},
      'the query gives 2 series: aggregate',
    ],
    ['it cannot be read', 'sum((', {}, 'Prometheus refuses the query (bad_data)'],
    ['it gives a text', '"ok"', {}, 'the query gives string'],
    [
      'it gives points where one value belongs to several',
      'up[2s]',
      { over: { range: { seconds: 2, stepSeconds: 1, reduce: 'max' } } },
      'Prometheus refuses the query',
    ],
    [
      'nobody says who asks',
      'up',
      { over: { authorization: undefined } },
      'refuses us (401): look at authorization',
    ],
    [
      "the certificate is a stranger's",
      'up',
      { over: { tls: undefined } },
      'its certificate is not trusted',
    ],
  ])('is an error when %s', async (...[, query, over, why]) => {
    expect(await ask(query, over)).toEqual({ kind: 'error', why: expect.stringContaining(why) });
  });

  it('is an error when the address is not that of the API', async () => {
    const address = `${prometheus.address}/nowhere`;
    expect(await ask('up', { over: { address } })).toEqual({
      kind: 'error',
      why: expect.stringContaining('nothing is there (404)'),
    });
  });
});

describe('a release that is watched through Prometheus', () => {
  const queriesOf = (...queries: object[]) => {
    const parsed = parseSpec({ template: {}, strategy: { canary: {} }, checks: { queries } });
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
    return parsed.value.checks?.queries ?? [];
  };
  const watch = (query: object, candidate: string, stable: string) => {
    const watcher = createQueryWatcher({
      clock: systemClock,
      log: silent,
      send,
      readSecret,
      client: undefined as never,
      onResult: () => undefined,
    });
    watcher.watch({
      key: 'shop/web',
      releaseUid: 'uid',
      isServing: () => true,
      queries: queriesOf({
        name: 'errors',
        everySeconds: 1,
        failures: 2,
        prometheus: source(ERROR_SHARE),
        ...query,
      }),
      candidate: valuesOf(candidate),
      stable: valuesOf(stable),
      known: [],
    });
    /* Waits until all queries together mean that, in words that hold these. */
    return async (kind: string, words: string): Promise<string> => {
      let said = '';
      await waitFor({
        what: `${kind}: ${words}`,
        deadlineMs: 10_000,
        check: () => {
          const { kind: judged, sentence } = judgeQueries(watcher.results('shop/web'));
          said = `${judged}: ${sentence}`;
          return (judged === kind && sentence.includes(words)) || undefined;
        },
        diagnose: () => said,
      }).finally(() => watcher.stop());
      return said;
    };
  };
  const compareWithStable = { ratio: 1.25, margin: 0.01 };

  it('is taken back when its errors stay above those of stable', async () => {
    const verdict = watch({ compareWithStable }, CANDIDATE, STABLE);
    expect(await verdict('rollback', '2 times')).toBe(
      'rollback: errors: 0.25, stable 0.01: above 0.0225, 2 times in a row',
    );
  });

  it('passes when they are no more', async () => {
    const verdict = watch({ compareWithStable }, STABLE, CANDIDATE);
    expect(await verdict('pass', 'is good')).toContain('0.01, stable 0.25');
  });

  it('holds when both are above the threshold: what both share is no verdict', async () => {
    const verdict = watch({ threshold: { max: 0.001 } }, CANDIDATE, STABLE);
    expect(await verdict('hold', 'no verdict')).toContain('and so is stable (0.01)');
  });

  it('holds while Prometheus is away, and is judged when it is back', async () => {
    await prometheus.stop();
    const whileAway = watch({ compareWithStable }, CANDIDATE, STABLE);
    expect(await whileAway('hold', 'connection refused')).toContain('errors: error');
    await prometheus.start();
    const again = watch({ compareWithStable }, STABLE, CANDIDATE);
    expect(await again('pass', 'is good')).toContain('errors: 0.01');
  });
});
