import { describe, expect, it } from '@jest/globals';
import { lintRelease } from './lint-release.ts';
import { createFakeTerminal } from './testing/fake-terminal.ts';
import { SPEC } from './testing/releases.ts';
import { unknownFields } from './unknown-fields.ts';

const release = (spec: object) => ({
  apiVersion: 'slipway.dev/v1alpha1',
  kind: 'AppRelease',
  metadata: { name: 'ledger' },
  spec,
});
const lint = (spec: object, others: Record<string, unknown>[] = []) =>
  lintRelease(release(spec), others).map(({ severity, field, message }) => `${severity} ${field} ${message}`);
const canary = (steps: object[], more = {}) => ({ ...SPEC, ...more, strategy: { canary: { steps } } });
const gateway = (route: object) => ({ traffic: { service: 'ledger', gateway: { route } } });
const ROUTE = { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'ledger', port: 80 }] }] };

describe('lintRelease', () => {
  it('has nothing but a note about a release that fits', () => {
    const verify = { verify: { seconds: 60 } };
    const found = lint({ ...canary([{ weight: 25 }, verify, { weight: 50 }]), replicas: 4 });
    expect(found).toEqual(['note spec.replicas up to 5 pods run at once']);
  });

  it('warns of a share that whole pods cannot make', () => {
    expect(lint({ ...SPEC, replicas: 7 })).toContain(
      'warning spec.strategy.canary.steps[0].weight 5 % is 14 % in whole pods (1 of 7): ' +
        'add replicas, or split by spec.traffic.gateway',
    );
  });

  it('does not warn of shares where a router splits, and tells the peak', () => {
    const found = lint({ ...SPEC, replicas: 7, ...gateway(ROUTE) });
    expect(found.filter((line) => line.startsWith('warning'))).toEqual([]);
    expect(found).toContain(
      'note spec.replicas up to 14 pods run at once: stable stays whole until the candidate serves all',
    );
  });

  const LOGIN = { authorization: { basic: { name: 'login' } } };
  const QUERY = { name: 'p99', web: { url: 'http://web/', path: 'v' }, threshold: { max: 1 } };
  const cases: Record<string, { spec: object; want: RegExp }> = {
    'no steps': { spec: canary([]), want: /^warning \S+steps no steps/ },
    'a step before any weight': { spec: canary([{ pause: {} }]), want: /^warning \S+steps\[0\] comes before/ },
    'a verify that cannot pass': {
      spec: canary([{ weight: 5 }, { verify: { seconds: 60, deadlineSeconds: 30 } }]),
      want: /^warning \S+deadlineSeconds is over before/,
    },
    'errors judged without numbers': {
      spec: { ...SPEC, checks: { errorRate: {} } },
      want: /^warning spec.checks.errorRate says nothing without/,
    },
    'a rescue without numbers': {
      spec: { ...SPEC, checks: { rescue: 'allow' } },
      want: /^warning spec.checks.rescue says nothing without/,
    },
    'evidence that cannot come': {
      spec: {
        ...SPEC,
        checks: {},
        strategy: { canary: { steps: [{ weight: 50 }, { verify: { until: 'evidence' } }] } },
      },
      want: /^warning spec.strategy.canary.steps\[1\].verify.until evidence needs/,
    },
    'verify without checks': {
      spec: { ...SPEC, checks: undefined },
      want: /^warning spec.checks verify steps judge readiness/,
    },
    'a token for pages in the clear': {
      spec: { ...SPEC, checks: { scrape: { authorization: { bearer: { name: 'token' } } } } },
      want: /^note spec.checks.scrape.authorization is sent over http/,
    },
    'a token for queries in the clear': {
      spec: { ...SPEC, checks: { scrape: {}, queries: [{ ...QUERY, web: { ...QUERY.web, ...LOGIN } }] } },
      want: /^note spec.checks.queries\[0\].web.authorization is sent over http/,
    },
    'a grace as long as the deadline': {
      spec: { ...SPEC, startGraceSeconds: 300 },
      want: /^warning spec.startGraceSeconds/,
    },
    'a route that does not name the Service': {
      spec: { ...SPEC, ...gateway({ ...ROUTE, rules: [] }) },
      want: /^error \S+rules no backendRef to ledger/,
    },
    'a route without a Gateway': {
      spec: { ...SPEC, ...gateway({ ...ROUTE, parentRefs: [] }) },
      want: /^warning \S+parentRefs is empty/,
    },
    'a misspelled field': { spec: { ...SPEC, relicas: 3 }, want: /^warning spec.relicas is no field/ },
    'falling weights': {
      spec: canary([{ weight: 50 }, { weight: 5 }]),
      want: /^error spec.strategy.canary.steps the weights/,
    },
  };
  it.each(Object.entries(cases))('finds %s', (_name, { spec, want }) => {
    expect(lint(spec)).toContainEqual(expect.stringMatching(want));
  });

  it('finds a verify that has queries to go by no blinder than one with metrics', () => {
    const found = lint({ ...SPEC, checks: { queries: [QUERY] } });
    expect(found.filter((line) => line.startsWith('warning spec.checks'))).toEqual([]);
  });

  const AT_GATEWAY = { provider: 'envoyGateway', address: 'envoy.gateways.svc:19001' };
  it('finds a verify that has a gateway to go by no blinder than one with metrics', () => {
    const checks = { gateway: AT_GATEWAY, errorRate: {}, rescue: 'allow' };
    const steps = [{ weight: 50 }, { verify: { until: 'evidence' } }];
    const found = lint({ ...canary(steps), ...gateway(ROUTE), checks });
    expect(found.filter((line) => line.startsWith('warning'))).toEqual([]);
    const counters = [{ name: 'logins', total: { name: 'a' }, bad: { name: 'b' } }];
    expect(lint({ ...canary(steps), ...gateway(ROUTE), checks: { ...checks, counters } })).toContain(
      'warning spec.checks.counters says nothing without spec.checks.scrape',
    );
  });

  it("tells what git's route needs where an Envoy counts", () => {
    const traffic = { service: 'ledger', gateway: { routeRef: { name: 'shop', rule: 'main' } } };
    expect(lint({ ...SPEC, traffic, checks: { gateway: AT_GATEWAY } })).toContainEqual(
      expect.stringMatching(/^note spec.checks.gateway.provider your route needs a rule for each/),
    );
  });

  it('takes the replicas from the Deployment beside it, and says when to drop them there', () => {
    const deployment = { kind: 'Deployment', metadata: { name: 'ledger' }, spec: { replicas: 7 } };
    const { replicas: _left, ...spec } = SPEC;
    const found = lint(spec, [deployment]);
    expect(found).toContainEqual(expect.stringContaining('14 % in whole pods'));
    expect(found).toContainEqual(expect.stringContaining('after the condition Adopted is True'));
  });

  it('refuses a name of 53 characters and another API version', () => {
    const found = lintRelease({ apiVersion: 'slipway.dev/v2', metadata: { name: 'x'.repeat(53) }, spec: SPEC }, []);
    expect(found.filter(({ severity }) => severity === 'error').map(({ field }) => field)).toEqual([
      'apiVersion',
      'metadata.name',
    ]);
  });
});

describe('unknownFields', () => {
  it('looks into lists, and leaves what others check', () => {
    const spec = {
      ...canary([{ weight: 5, wieght: 3 }]),
      template: { spec: { anything: true } },
      traffic: { service: 'ledger', gateway: { route: { anything: true } } },
    };
    expect(unknownFields(spec)).toEqual(['spec.strategy.canary.steps[0].wieght']);
  });
});

describe('lint', () => {
  const run = (text: string) => createFakeTerminal({ files: { 'a.yaml': text } }).type('lint -f a.yaml');

  it('reads every document, also inside a List, and fails on errors only', async () => {
    const good = JSON.stringify(release(SPEC));
    const bad = JSON.stringify(release({ strategy: {} }));
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [release(SPEC)] });
    expect(await run(good)).toMatchObject({ code: 0 });
    const seen = await run([good, list, bad].join('\n---\n'));
    expect(seen.code).toBe(1);
    expect(seen.out).toContain('error: ledger: spec: name exactly one of workloadRef');
    expect(seen.out).toContain('a.yaml: 3 releases, 2 errors');
  });

  it('says so when there is nothing to check, or no YAML', async () => {
    expect((await run('kind: Service')).err).toBe('error: a.yaml has no AppRelease in it\n');
    expect((await run('a: [')).err).toMatch(/^error: a.yaml: /);
  });
});
