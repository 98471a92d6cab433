import { describe, expect, it } from '@jest/globals';
import { appReleaseCrd, releaseActionCrd } from './crd.ts';
import { parseAction, parseSpec, parseStatus } from './parse.ts';
import { queryNonsense } from './testing/query-nonsense.ts';

const canary = (over: object) => ({ template: {}, strategy: { canary: over } });
const routed = (gateway: object) => ({ ...canary({}), traffic: { service: 'shop', gateway } });

const scraped = (scrape: object) => ({ ...canary({}), checks: { scrape } });

/** All sentences of all CEL rules in the CRD. */
function sentencesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { 'x-kubernetes-validations': rules = [], ...rest } = schema as {
    'x-kubernetes-validations'?: { message: string }[];
  };
  return [...rules.map(({ message }) => message), ...Object.values(rest).flatMap(sentencesOf)];
}
const SENTENCES = sentencesOf(appReleaseCrd());

const NONSENSE = [
  { what: 'neither workload nor template', spec: { strategy: { canary: {} } }, field: 'spec' },
  {
    what: 'both workload and template',
    spec: { ...canary({}), workloadRef: { name: 'a' } },
    field: 'spec',
  },
  { what: 'no strategy', spec: { template: {}, strategy: {} }, field: 'spec.strategy' },
  {
    what: 'a step of two kinds',
    spec: canary({ steps: [{ weight: 5, pause: {} }] }),
    field: 'spec.strategy.canary.steps[0]',
  },
  {
    what: 'a step of no kind',
    spec: canary({ steps: [{ weight: 5 }, {}] }),
    field: 'spec.strategy.canary.steps[1]',
  },
  {
    what: 'falling weights',
    spec: canary({ steps: [{ weight: 50 }, { pause: {} }, { weight: 20 }] }),
    field: 'spec.strategy.canary.steps',
  },
  {
    what: 'no pod to replace one with',
    spec: canary({ maxSurge: '0%', maxUnavailable: 0 }),
    field: 'spec.strategy.canary.maxSurge',
  },
  {
    what: 'a route twice',
    spec: routed({ route: {}, routeRef: { name: 'a', rule: 'b' } }),
    field: 'spec.traffic.gateway',
  },
  { what: 'no route', spec: routed({}), field: 'spec.traffic.gateway' },
  {
    what: 'counters of no gateway',
    spec: { ...canary({}), checks: { gateway: { provider: 'traefik', address: 'a:1' } } },
    field: 'spec.checks.gateway',
  },
  ...['proxies', 'proxies:0', 'proxies:70000', 'http://proxies:80', 'proxies:80/metrics'].map(
    (address) => ({
      what: `proxies at ${address}`,
      spec: {
        ...routed({ route: {} }),
        checks: { gateway: { provider: 'traefik', address } },
      },
      field: 'spec.checks.gateway.address',
    }),
  ),
  {
    what: 'a pace beside steps',
    spec: { ...canary({ pace: {}, steps: [{ weight: 5 }] }), checks: { scrape: {} } },
    field: 'spec.strategy.canary.pace',
  },
  {
    what: 'a pace without numbers',
    spec: canary({ pace: {} }),
    field: 'spec.strategy.canary.pace',
  },
  {
    what: 'a counter without its other half',
    spec: { ...canary({}), checks: { errorRate: { total: { name: 'all' } } } },
    field: 'spec.checks.errorRate',
  },
  {
    what: 'certificates without https',
    spec: scraped({ tls: { serverName: 'web' } }),
    field: 'spec.checks.scrape.tls',
  },
  {
    what: 'somebody and anybody to trust',
    spec: scraped({ scheme: 'https', tls: { ca: { name: 'ca' }, insecureSkipVerify: true } }),
    field: 'spec.checks.scrape.tls',
  },
  {
    what: 'no way to prove who we are',
    spec: scraped({ authorization: {} }),
    field: 'spec.checks.scrape.authorization',
  },
  ...queryNonsense({ template: {}, strategy: { canary: {} } }),
];

describe('a spec that makes no sense', () => {
  it.each(NONSENSE)('$what is refused at its field, in the words of the CRD', ({ spec, field }) => {
    const parsed = parseSpec(spec);
    if (parsed.kind === 'valid') throw new Error('it was taken');
    const [violation] = parsed.violations;
    expect(violation?.field).toBe(field);
    expect(SENTENCES).toContain(violation?.message);
  });

  it('has a case here for each rule that does not look at the old object', () => {
    const told = new Set(
      NONSENSE.flatMap(({ spec }) => {
        const parsed = parseSpec(spec);
        return parsed.kind === 'invalid' ? parsed.violations.map(({ message }) => message) : [];
      }),
    );
    const onlyOnServer = /cannot change|cannot be taken away|at most 52/;
    expect(
      SENTENCES.filter((sentence) => !onlyOnServer.test(sentence) && !told.has(sentence)),
    ).toEqual([]);
  });

  it.each([
    [
      'a weight above 100',
      canary({ steps: [{ weight: 101 }] }),
      'spec.strategy.canary.steps[0].weight',
    ],
    ['a word for a number', { ...canary({}), replicas: 'many' }, 'spec.replicas'],
    ['a surge that is no percentage', canary({ maxSurge: '25' }), 'spec.strategy.canary.maxSurge'],
    [
      'a false rollback rate of all',
      { ...canary({}), checks: { falseRollbackRate: '200%' } },
      'spec.checks.falseRollbackRate',
    ],
    ['nothing', undefined, 'spec'],
  ])('%s is refused at its field', (_what, spec, field) => {
    const parsed = parseSpec(spec);
    expect(parsed.kind === 'invalid' && parsed.violations.map((one) => one.field)).toContain(field);
  });

  it('gives at most twenty reasons', () => {
    const parsed = parseSpec(canary({ steps: Array.from({ length: 30 }, () => ({ weight: -1 })) }));
    expect(parsed.kind === 'invalid' && parsed.violations.length).toBe(20);
  });
});

describe('a spec', () => {
  it('gets the defaults of the CRD', () => {
    expect(parseSpec(canary({ steps: [{ verify: {} }] }))).toMatchObject({
      kind: 'valid',
      value: {
        minReadySeconds: 0,
        progressDeadlineSeconds: 300,
        startGraceSeconds: 60,
        revisionHistoryLimit: 5,
        paused: false,
        strategy: {
          canary: {
            maxSurge: '25%',
            maxUnavailable: 0,
            steps: [{ verify: { seconds: 60, requests: 100, onDeadline: 'hold' } }],
          },
        },
      },
    });
  });

  it('may repeat a weight, and keeps what it does not know of a template', () => {
    expect(
      parseSpec({
        ...canary({ steps: [{ weight: 20 }, { weight: 20 }] }),
        template: { spec: { anything: 1 } },
      }),
    ).toMatchObject({
      kind: 'valid',
      value: { template: { spec: { anything: 1 } } },
    });
  });
});

describe('a status that cannot be read', () => {
  it.each([
    undefined,
    null,
    'text',
    { phase: 'Dancing' },
    { weight: { desired: 0.5, observed: 0 } },
  ])('%j is as good as none', (raw) => {
    expect(parseStatus(raw)).toEqual({});
  });
});

describe('an action', () => {
  it('is read, or refused with its field', () => {
    const action = { release: 'shop', action: 'promote', revision: 7, by: 'ann' };
    expect(parseAction(action)).toEqual({ kind: 'valid', value: action });
    expect(parseAction({ ...action, action: 'explode' })).toMatchObject({
      kind: 'invalid',
      violations: [{ field: 'spec.action' }],
    });
    expect(sentencesOf(releaseActionCrd())).toContain(
      'a ReleaseAction cannot be changed; create another one',
    );
  });
});
