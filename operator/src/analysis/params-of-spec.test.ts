import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../api/parse.ts';
import { UNKNOWN, paramsOf } from './params-of-spec.ts';

const specOf = (over: object) => {
  const parsed = parseSpec({ template: {}, strategy: { canary: {} }, ...over });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  return parsed.value;
};
const of = (over: object, isBypassed = false, dispersion = UNKNOWN) =>
  paramsOf(specOf(over), { isBypassed, dispersion });

describe('the rules of the evidence', () => {
  it('come from the spec', () => {
    const checks = {
      scrape: {},
      errorRate: { ratio: 2, margin: '0.5%' },
      falseRollbackRate: '5%',
      promotion: { margin: '2%', falsePromotionRate: '10%' },
      counters: [{ name: 'logins', total: { name: 'a' }, bad: { name: 'b' }, margin: '1%' }],
    };
    expect(of({ checks })).toMatchObject({
      falseRollbackRate: 0.05,
      pods: 'scraped',
      errors: { ratio: 2, margin: 0.005 },
      promotion: { ratio: 1, margin: 0.02, falsePromotionRate: 0.1 },
      pairs: [{ name: 'logins', ratio: 1.25, margin: 0.01 }],
    });
  });

  it('judge every signal unless told otherwise, and no counters that nobody reads', () => {
    const used = (over: object) =>
      (['latency', 'restarts', 'readiness'] as const).filter((name) => of(over)[name]);
    expect(used({ checks: { scrape: {} } })).toEqual(['latency', 'restarts', 'readiness']);
    expect(used({ checks: { scrape: {}, ignore: ['latency', 'restarts'] } })).toEqual(['readiness']);
    expect(used({})).toEqual(['restarts', 'readiness']);
    expect(of({}).pods).toBe('unread');
  });

  it('take silence for a failure only behind a router that nobody goes round', () => {
    const routed = { traffic: { service: 'shop', gateway: { route: {} } } };
    const verdicts = [of({}), of(routed), of(routed, true)].map((one) => one.silence.verdict);
    expect(verdicts).toEqual(['hold', 'rollback', 'hold']);
  });

  it('judge a gateway that is named, and do not blame the candidate for what it is not sent', () => {
    const gateway = { provider: 'traefik', address: 'proxies.gateways.svc:8080' };
    const routed = (checks: object) =>
      of({ checks, traffic: { service: 'shop', gateway: { route: {} } } });
    expect(routed({ gateway })).toMatchObject({
      pods: 'unread',
      gateway: 'judged',
      silence: { verdict: 'hold' },
    });
    expect(routed({ gateway, scrape: {} })).toMatchObject({
      pods: 'scraped',
      gateway: 'judged',
      silence: { verdict: 'rollback' },
    });
    expect(routed({ scrape: {} }).gateway).toBe('absent');
  });

  it.each([
    ['auto', { kind: 'counts', dispersion: 3 }, 4],
    ['1.5x', { kind: 'counts', dispersion: 4.5 }, 6],
    ['strict', { kind: 'betting', blockPolls: 12 }, 6],
  ])('temper by what stable has shown: %s', (dispersion, method, latency) => {
    const checks = { scrape: { everySeconds: 5 }, dispersion };
    const params = of({ checks }, false, { errors: 3, latency: 4 });
    expect(params).toMatchObject({ errors: { method }, latency: { dispersion: latency } });
  });
});
