import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { group } from './explain.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const verifying = release()
  .steps({ weight: 20 }, { verify: {} }, { weight: 50 })
  .stable(set().ready(8))
  .candidate(set().ready(2))
  .stepping(1, { mark: 2 })
  .remembers({ weight: { desired: 20, observed: 20 } });

describe('the one line for people', () => {
  it('tells the step, the weight and the numbers', () => {
    const counted = verifying.judged({ evidence: 0.021, canary: { requests: 1204, errors: 0 } });
    expect(decide(counted.build(), NOW).message).toBe(
      'step 2/3 verify at 20 %: 1,204 canary requests, 0 errors; evidence 0.02 of 100',
    );
  });

  it('tells what is waited for', () => {
    expect(decide(verifying.candidate(set().ready(1).notReady(1)).stepping(0).build(), NOW).message).toBe(
      'step 1/3 weight at 20 %; waiting for candidate pods: 1 of 2 ready',
    );
  });

  it('tells who holds it', () => {
    expect(decide(verifying.spec({ paused: true }).build(), NOW).message).toContain('paused by spec.paused');
    expect(decide(verifying.remembers({ pausedBy: { by: 'ann', at: NOW } }).build(), NOW).message).toContain('paused by a person');
  });

  it('tells what serves at rest', () => {
    expect(decide(release().stable(set().ready(10)).build(), NOW).message).toBe('revision 6 serves everything: 10 of 10 pods ready');
  });
});

describe('numbers', () => {
  it.each([[0, '0'], [999, '999'], [1000, '1,000'], [1_234_567.8, '1,234,568']])('%d is written %s', (count, text) => {
    expect(group(count)).toBe(text);
  });
});
