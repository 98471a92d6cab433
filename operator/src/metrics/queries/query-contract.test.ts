// What every codec of a query must do, on an answer recorded from the real thing: one value out of
// it, and out of anything else no value by mistake, whatever the other side sends.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { QuerySample } from '../../analysis/query-sample.ts';
import { instant } from '../../lib/instant.ts';
import { prometheus as prometheusSchema, web as webSchema } from '../../api/query-sources.ts';
import { readJob } from './job.ts';
import { prometheus } from './prometheus.ts';
import { failed, type HttpQueryCodec, type HttpRequest, jsonOf, noData } from './query-codec.ts';
import { web } from './web.ts';

const VALUES = {
  hash: 'fghjkl4567',
  replicaSet: 'shop-r2-fghjkl4567',
  revision: '2',
  name: 'shop',
  namespace: 'bank',
};
const CONTEXT = { values: VALUES, now: instant(1_795_797_435_733), timeoutSeconds: 5 };

const instantQuery = prometheusSchema.parse({
  address: 'http://prometheus:9090',
  query: 'sum(rate(errors{pod=~"{{replicaSet}}-.+"}[1m]))',
});
const rangeQuery = {
  ...instantQuery,
  range: { seconds: 60, stepSeconds: 15, reduce: 'max' as const },
};
const webQuery = webSchema.parse({
  url: 'http://{{name}}.{{namespace}}/tsdb?version={{hash}}',
  path: 'data.seriesCountByMetricName[0].value',
});

interface Entry {
  readonly recorded: string;
  readonly wantValue: number;
  readonly read: (answer: string) => QuerySample;
  /** Left out: it is not asked over HTTP, but by way of the API server. */
  readonly http?: {
    readonly request: HttpRequest;
    readonly parse: (status: number, body: string) => QuerySample;
  };
}

const FAMILY: Readonly<Record<string, Entry>> = {
  'Prometheus, this moment': {
    ...over(prometheus, instantQuery),
    recorded: fixture('prometheus-instant'),
    wantValue: 0.09090909090909091,
  },
  'Prometheus, a range': {
    ...over(prometheus, rangeQuery),
    recorded: fixture('prometheus-range'),
    wantValue: 11,
  },
  'a web server': { ...over(web, webQuery), recorded: fixture('web'), wantValue: 4 },
  'a Job': { read: jobRead, recorded: fixture('job'), wantValue: 3 },
};

describe.each(Object.entries(FAMILY))('%s', (_name, { http, read, recorded, wantValue }) => {
  it('gives the value of the recorded answer', () => {
    expect(read(recorded)).toMatchObject({ kind: 'value', value: wantValue });
  });

  it('gives no value of an answer that was cut off', () => {
    const cut = fc.integer({ min: 0, max: recorded.trimEnd().length - 1 });
    fc.assert(
      fc.property(cut, (end) => {
        expect(read(recorded.slice(0, end)).kind).not.toBe('value');
      }),
    );
  });

  it.each(['', ' ', '{}', '[]', 'null', '0', '"text"', '<html></html>', '{"status":"success"}'])(
    'gives no value of %j',
    (answer) => {
      expect(read(answer).kind).not.toBe('value');
    },
  );

  it('decides on nothing that is not finite, and survives whatever it is sent', () => {
    const answer = fc.oneof(mutated(recorded), fc.json(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(answer, (text) => {
        const sample = read(text);
        const isFinite =
          sample.kind !== 'value' ||
          typeof sample.value !== 'number' ||
          Number.isFinite(sample.value);
        const why = sample.kind === 'value' ? 'a value' : sample.why;
        expect({ sample, isFinite }).toEqual({ sample, isFinite: true });
        expect(why).toMatch(/^[^\n]{1,310}$/u);
      }),
      { numRuns: 500 },
    );
  });

  it('takes no answer for a value unless its status is good', () => {
    for (const status of [301, 302, 307, 400, 401, 403, 404, 422, 429, 500, 503]) {
      const sample = http?.parse(status, recorded) ?? failed('not over HTTP');
      expect(sample).toMatchObject({ kind: 'error' });
    }
  });

  it('asks about the version it is told, and leaves no placeholder', () => {
    const asked = http
      ? decodeURIComponent(`${http.request.url} ${http.request.body ?? ''}`)
      : VALUES.hash;
    expect(asked).toContain(VALUES.hash);
    expect(asked).not.toMatch(/[{][{]/);
  });
});

function over<S>(codec: HttpQueryCodec<S>, source: S): Pick<Entry, 'read' | 'http'> {
  const parse = (status: number, body: string) => codec.parse(source, { status, body });
  const request = codec.request(source, CONTEXT);
  return { read: (answer) => parse(200, answer), http: { request, parse } };
}

function jobRead(answer: string): QuerySample {
  const parsed = jsonOf(answer);
  if ('problem' in parsed) return parsed.problem;
  const reading = readJob(parsed.json);
  return reading.kind === 'running' ? noData('it is running') : reading.sample;
}

/* The recorded answer with some of its parts exchanged for something odd. */
function mutated(recorded: string): fc.Arbitrary<string> {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(
      'NaN',
      '+Inf',
      '-Inf',
      '1e999',
      '',
      null,
      [],
      {},
      true,
      -1,
      '0x10',
      ' 5 ',
    ),
    fc.jsonValue({ maxDepth: 2 }),
    fc.double(),
  );
  const parts = countParts(JSON.parse(recorded));
  return fc
    .array(fc.tuple(fc.integer({ min: 0, max: parts - 1 }), odd), { minLength: 1, maxLength: 3 })
    .map((changes) => {
      let at = -1;
      const walk = (value: unknown): unknown => {
        at += 1;
        const change = changes.find(([place]) => place === at);
        if (change) return change[1];
        if (Array.isArray(value)) return value.map(walk);
        if (typeof value !== 'object' || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part)]));
      };
      // JSON writes no NaN and no Infinity; what a sloppy server writes is as good as 1e999.
      return JSON.stringify(walk(JSON.parse(recorded))).replaceAll('"1e999"', '1e999');
    });
}

function countParts(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + countParts(part), 1);
}

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8');
}
