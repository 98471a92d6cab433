import { describe, expect, it } from '@jest/globals';
import { PHASES } from '../api/app-release-status.ts';
import { renderExplain } from './render-explain.ts';
import { renderStatus } from './render-status.ts';
import { plainStyle, terminalStyle } from './style.ts';
import { NOW } from './testing/fake-terminal.ts';
import {
  condition,
  HEALTHY,
  releaseView,
  ROLLED_BACK,
  UNDER_WAY,
  type ReleaseParts,
} from './testing/releases.ts';

const SETS = [
  { name: 'ledger-r6-5c9d', wanted: 4, ready: 4 },
  { name: 'ledger-r7-77aa', wanted: 1, ready: 1 },
];
const status = (parts: ReleaseParts = {}) =>
  renderStatus({ view: releaseView(parts), sets: SETS, now: NOW }, plainStyle).join('\n');
const explain = (parts: ReleaseParts = {}) => renderExplain(releaseView(parts), plainStyle, NOW).join('\n');
/* The escape character, without which nothing is coloured or moved. */
const ESCAPE = String.fromCharCode(27);

describe('renderStatus', () => {
  it('draws a release in the middle', () => {
    expect(status().split('\n')).toEqual([
      'ledger  Progressing  namespace bank',
      'step 2/5 verify at 5 %: 1,204 canary requests, 0 errors; evidence 0.02 of 100',
      '',
      'traffic  [##----------------------------]  5 % revision 7, 95 % revision 6',
      'steps    [x] weight 5  [>] verify 60s  [ ] weight 25  [ ] pause  [ ] weight 50  [ ] finish',
      'pods     stable     revision 6  4/4 ready  ledger-r6-5c9d  ledger:1.0.0',
      '         candidate  revision 7  1/1 ready  ledger-r7-77aa  ledger:1.1.0',
      'checks   errors  evidence 0.02 of 100',
      '                 candidate: 0 of 1,204 failed (0.00 %)',
      '                 stable: 3 of 22,876 failed (0.01 %)',
      'history  revision 6  Promoted  60m ago  all steps passed',
    ]);
  });

  it('shows a weight that is on its way', () => {
    expect(status({ status: { ...UNDER_WAY, weight: { desired: 25, observed: 5 } } })).toContain('(moving to 25 %)');
  });

  it('gives all traffic to stable after a rollback', () => {
    const text = status({ status: ROLLED_BACK });
    expect(text).toContain('100 % revision 6');
    expect(text).not.toContain('[>]');
  });

  it('shows conditions that want attention, and no others', () => {
    const conditions = [
      condition('ServiceBypassesRouter', 'True', 'ServiceBypassesRouter'),
      condition('Available', 'False', 'StableUnavailable'),
      condition('Adopted', 'True', 'Adopted'),
      condition('Stalled', 'True', 'InvalidSpec'),
    ];
    const text = status({ status: { ...HEALTHY, conditions } });
    expect(text).toContain('ServiceBypassesRouter=True');
    expect(text).toContain('Available=False');
    expect(text).not.toMatch(/Adopted|Stalled/);
  });

  it('says that the status is older than the spec', () => {
    expect(status({ generation: 4 })).toContain('generation 4 was written; the operator has seen 3');
  });

  it('shows what is wrong with a spec, and a release that nobody has seen', () => {
    const text = status({ spec: { strategy: {} }, status: {} });
    expect(text).toContain('not seen by an operator yet');
    expect(text).toContain('spec.strategy: name a strategy: canary');
  });

  it('is plain ASCII without a terminal, and the same words with one', () => {
    for (const phase of PHASES) {
      const view = releaseView({ status: { ...UNDER_WAY, phase } });
      const picture = { view, sets: SETS, now: NOW };
      const plain = renderStatus(picture, plainStyle).join('\n');
      const coloured = renderStatus(picture, terminalStyle).join('\n');
      expect(plain).toMatch(/^[\n\x20-\x7E]*$/);
      expect(coloured).toContain(`${ESCAPE}[`);
      expect(coloured).toContain(phase);
    }
  });

  it('shows a canary of 1 % in the bar', () => {
    expect(plainStyle.bar(1, 30)).toBe(`[#${'-'.repeat(29)}]`);
    expect(plainStyle.bar(100, 4)).toBe('[####]');
    expect(plainStyle.bar(0, 4)).toBe('[----]');
  });
});

describe('renderExplain', () => {
  it('tells a rollback with its reason, remedy and numbers', () => {
    expect(explain({ status: ROLLED_BACK }).split('\n')).toEqual([
      'ledger is RolledBack for 2m: rolled back to revision 6: 20 % of the answers were errors',
      '',
      'ChecksFailed: The candidate answers worse than stable beyond chance, or values of a query stayed bad.',
      '  What to do: Look at status.checks.',
      '',
      'check errors: evidence',
      '  candidate 1,204 requests, 0 errors (0.00 %)',
      '  stable    22,876 requests, 3 errors (0.01 %)',
      '  evidence  0.02; at 100 the candidate is taken back',
    ]);
  });

  it('puts the name of the release into the remedy', () => {
    const conditions = [condition('Ready', 'False', 'AbortedByUser')];
    expect(explain({ status: { ...ROLLED_BACK, conditions } })).toContain('kubectl slipway retry ledger');
  });

  it('adds what other conditions want', () => {
    const conditions = [
      condition('Ready', 'True', 'UpToDate'),
      condition('MetricsRecognized', 'False', 'MetricsNotRecognized'),
    ];
    const text = explain({ status: { ...HEALTHY, conditions } });
    expect(text).toContain('Name them in spec.checks.errorRate.total and .errors.');
    expect(text).toContain('MetricsRecognized is False');
  });

  it('says so when no operator has seen the release', () => {
    expect(explain({ status: {} })).toContain('is one running that watches bank?');
  });

  it('does not stumble over a reason of a later version', () => {
    const conditions = [condition('Ready', 'False', 'FromTheFuture')];
    expect(explain({ status: { ...UNDER_WAY, conditions } })).toContain('does not know');
  });
});
