import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { createFakeTerminal } from './testing/fake-terminal.ts';

const STEPS = [{ weight: 5 }, { verify: { seconds: 60, requests: 100 } }, { weight: 50 }];

const fileOf = (spec: object) =>
  stringify({
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'AppRelease',
    metadata: { name: 'web' },
    spec: { workloadRef: { name: 'web' }, checks: { scrape: {} }, ...spec },
  });

const terminal = (spec: object = { strategy: { canary: { steps: STEPS } } }) =>
  createFakeTerminal({ files: { 'release.yaml': fileOf(spec) } });

const simulated = (line = '', spec?: object) =>
  terminal(spec).type(`simulate -f release.yaml --runs 60 ${line}`);

describe('kubectl slipway simulate', () => {
  it('says what becomes of a good and of a bad candidate, and shows it', async () => {
    const { code, out } = await simulated('--candidate-errors 30%');
    expect(code).toBe(0);
    expect(out).toMatch(/as good as stable \(60 releases\):\n {2}taken back {7}0\.0 %/);
    expect(out).toMatch(/promoted after {3}6\d s/);
    expect(out).toMatch(/a bad candidate .*\n {2}taken back {7}100\.0 % \(at 5 %: 100\.0 %\)/);
    expect(out).toMatch(/ 100 \|-+/);
  });

  it('shows a bad candidate that a hasty strategy lets through', async () => {
    const steps = [{ weight: 5 }, { verify: { seconds: 10, requests: 5 } }];
    const { out } = await simulated('--candidate-errors 2%', { strategy: { canary: { steps } } });
    expect(out).toMatch(/ {2}promoted {9}(?:[89]\d|100)\.\d %/);
  });

  it('plays a pace, and keeps to its budget', async () => {
    const { out } = await simulated('--candidate-errors 100%', {
      strategy: { canary: { pace: { exposure: 60 } } },
    });
    const [, most] = /95 of 100 releases at most (\d+)/.exec(out) ?? [];
    expect(Number(most)).toBeGreaterThan(0);
    expect(Number(most)).toBeLessThanOrEqual(60);
  });

  it('says the same again for a seed, and writes a picture', async () => {
    const one = terminal();
    const first = await one.type('simulate -f release.yaml --runs 20 --seed 4 --svg plot.svg');
    const second = await one.type('simulate -f release.yaml --runs 20 --seed 4');
    expect(second.out).toBe(first.out);
    expect(one.files['plot.svg']).toMatch(/^<svg [^]*taken back[^]*<\/svg>\n$/);
  });

  it('warns where nothing can be seen', async () => {
    const blind = { checks: {}, strategy: { canary: { steps: STEPS } } };
    expect((await simulated('', blind)).out).toContain('without spec.checks.scrape');
    const few = await simulated('--rps 0.05');
    expect(few.out).toContain('most good releases are held');
  });

  it.each([
    ['simulate', 'name a file'],
    ['simulate -f nowhere.yaml', 'there is no file nowhere.yaml'],
    ['simulate -f release.yaml --rps none', '--rps: none is not a number above 0'],
    ['simulate -f release.yaml --stable-errors 3', '--stable-errors: 3 is not a percentage'],
  ])('refuses %s', async (line, want) => {
    const { code, err } = await terminal().type(line);
    expect(code).toBe(1);
    expect(err).toContain(want);
  });

  it('names the field of a release that makes no sense', async () => {
    const steps = [{ weight: 50 }, { weight: 5 }];
    const { err } = await simulated('', { strategy: { canary: { steps } } });
    expect(err).toContain('spec.strategy.canary.steps: the weights of the steps must not fall');
  });
});
