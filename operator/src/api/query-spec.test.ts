import { describe, expect, it } from '@jest/globals';
import { parseSpec } from './parse.ts';
import {
  everySecondsOf,
  isAboutVersion,
  semanticsOf,
  sourceOf,
  timeoutSecondsOf,
} from './query-spec.ts';

const PROMETHEUS = { address: 'http://prometheus:9090', query: 'up' };
const WEB = { url: 'http://web/', path: 'a' };
const JOB = { template: { spec: { containers: [{ name: 'smoke' }] } } };
const THRESHOLD = { max: 1 };

const specOf = (...queries: object[]) => ({
  template: {},
  strategy: { canary: {} },
  checks: { queries },
});
const parsed = (query: object) => {
  const result = parseSpec(specOf({ name: 'q', ...query }));
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.violations));
  const [first] = result.value.checks?.queries ?? [];
  if (!first) throw new Error('no query');
  return first;
};
const violations = (...queries: object[]) => {
  const result = parseSpec(specOf(...queries));
  return result.kind === 'invalid' ? result.violations : [];
};

describe('a query', () => {
  it('gets the defaults of its source', () => {
    const timesOf = (query: object) => {
      const one = parsed(query);
      return [sourceOf(one)?.kind, everySecondsOf(one), timeoutSecondsOf(one), one.failures];
    };
    expect(timesOf({ prometheus: PROMETHEUS, threshold: THRESHOLD })).toEqual([
      'prometheus',
      15,
      5,
      3,
    ]);
    expect(timesOf({ web: WEB, threshold: THRESHOLD })).toEqual(['web', 10, 5, 3]);
    expect(timesOf({ job: JOB })).toEqual(['job', 60, 300, 3]);
    const own = { job: JOB, everySeconds: 7, timeoutSeconds: 9, failures: 1 };
    expect(timesOf(own)).toEqual(['job', 7, 9, 1]);
  });

  it('of a job without a threshold is good at 0', () => {
    expect(semanticsOf(parsed({ job: JOB }))).toEqual({ kind: 'threshold', max: 0, min: 0 });
    expect(semanticsOf(parsed({ job: JOB, threshold: { max: 2 } }))).toEqual({
      kind: 'threshold',
      max: 2,
    });
  });

  it.each([
    ['in a query', { prometheus: { ...PROMETHEUS, query: 'x{hash="{{hash}}"}' } }, true],
    ['in an address', { web: { ...WEB, url: 'http://web/{{revision}}' } }, true],
    [
      'in a header',
      { web: { ...WEB, headers: [{ name: 'x-set', value: '{{replicaSet}}' }] } },
      true,
    ],
    ['nowhere', { web: { ...WEB, url: 'http://{{name}}.{{namespace}}/' } }, false],
  ])('is about a version that it names %s', (_where, source, is) => {
    expect(isAboutVersion(parsed({ ...source, threshold: THRESHOLD }))).toBe(is);
  });
});

describe('what only the parser can tell', () => {
  it('is that a name is used twice', () => {
    const one = { name: 'p99', web: WEB, threshold: THRESHOLD };
    expect(violations(one, one)).toEqual([
      {
        field: 'spec.checks.queries[1].name',
        message: 'another query is called p99: give each its own name',
      },
    ]);
  });

  it('is that a Job has no container', () => {
    expect(violations({ name: 'smoke', job: { template: { spec: {} } } })).toEqual([
      {
        field: 'spec.checks.queries[0].job.template',
        message: 'spec.containers is empty: name the container that checks',
      },
    ]);
  });
});

describe('an address', () => {
  const isTaken = (url: string) =>
    violations({ name: 'q', web: { ...WEB, url }, threshold: THRESHOLD }).length === 0;

  it.each([
    'http://web',
    'https://web.shop.svc.cluster.local:8443/a/b?c=d&e=f',
    'http://[fd00::1]:80/',
    'http://web?x',
    'http://{{name}}-canary.{{namespace}}:8080/{{hash}}',
  ])('can be %s', (url) => expect(isTaken(url)).toBe(true));

  it.each([
    '',
    'web:9090',
    'ftp://web/',
    'file:///etc/passwd',
    'http://',
    'http://user:password@web/',
    'http://web/ a',
    'http://web/\n',
    'javascript:1',
    ' http://web',
  ])('cannot be %j', (url) => expect(isTaken(url)).toBe(false));
});
