import { describe, expect, it } from '@jest/globals';
import { capabilityParts, capabilityProblems, type CapabilityFacts } from './capabilities.ts';
import { CAPABILITY_GROUPS, CAPABILITY_ROWS } from './capability-rows.ts';
import { claimsIn } from './capability-tests.ts';
import { scopeLines } from './scope-lines.ts';

const facts = (over: Partial<CapabilityFacts>): CapabilityFacts => ({
  rows: [{ id: 'T1', title: 'one', worksWhen: 'seen' }],
  tests: [],
  scope: [],
  ...over,
});
const shown = { id: 'T1', file: 'a.test.ts', name: 'works' };
const notYet = { id: 'T1', kind: 'notYet', why: 'no time' } as const;
const inPart = { id: 'T1', kind: 'inPart', why: 'half of it' } as const;

const NOTHING = /^$/;

describe('a row', () => {
  it.each<[string, Partial<CapabilityFacts>, RegExp]>([
    ['with a test', { tests: [shown] }, NOTHING],
    ['with a line', { scope: [notYet] }, NOTHING],
    ['with a test and what is missing', { tests: [shown], scope: [inPart] }, NOTHING],
    ['with neither', {}, /no test is named "T1: ..." and no line/],
    ['with a test and an old line', { tests: [shown], scope: [notYet] }, /take its line out/],
    ['in part, by no test', { scope: [inPart] }, /no test is named/],
    ['with two lines', { scope: [notYet, notYet] }, /keep one/],
    ['that is none', { scope: [notYet, { ...notYet, id: 'T9' }] }, /T9 is the id of no capability/],
    ['that is none, in a test', { tests: [shown, { ...shown, id: 'B9' }] }, /a\.test\.ts: B9/],
  ])('%s', (_name, over, wanted) => {
    expect(capabilityProblems(facts(over)).join('\n')).toMatch(wanted);
  });

  it('tells its test, its reason, or both', () => {
    const stateIn = (over: Partial<CapabilityFacts>) => capabilityParts(facts(over)).join('\n');
    expect(stateIn({ tests: [shown] })).toContain('shown by [a.test.ts](../a.test.ts): works |');
    expect(stateIn({ scope: [notYet] })).toContain('not yet: no time |');
    expect(stateIn({ tests: [shown], scope: [inPart] })).toContain('Missing: half of it |');
    expect(stateIn({ tests: [shown], scope: [inPart] })).toContain('0 are shown, 1 in part, 0 not');
  });
});

describe('the rows', () => {
  it('are forty, each once, in their groups', () => {
    const ids = CAPABILITY_ROWS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(40);
    const sizes = Object.keys(CAPABILITY_GROUPS).map(
      (letter) => ids.filter((id) => id.startsWith(letter)).length,
    );
    expect(sizes).toEqual([7, 11, 6, 7, 9]);
  });
});

describe('names of tests', () => {
  it.each([
    ["  it('B1: publishes a set', () => {", ['B1 publishes a set']],
    ["it(\n    'S11: an image that\\'s missing',\n", ["S11 an image that's missing"]],
    ['it("M3: in double quotes", f)', ['M3 in double quotes']],
    ["it('publishes B1: a set', f)", []],
    ["it.skip('B1: not run', f)", []],
    ["// it('B1: commented out', f)", []],
    ["it('X1: no group', f)", []],
  ])('%s', (text, wanted) => {
    expect(claimsIn('a.test.ts', text).map(({ id, name }) => `${id} ${name}`)).toEqual(wanted);
  });
});

describe('lines of the scope', () => {
  it.each([
    ['- T1: no strategy of that kind.', [{ ...notYet, why: 'no strategy of that kind.' }]],
    ['- **T1**: bold', [{ ...notYet, why: 'bold' }]],
    ['T1 in part: half of it', [inPart]],
    ['- **T1 in part**: half of it', [inPart]],
    ['- T1: goes\n  on\n- other', [{ ...notYet, why: 'goes on' }]],
    ['as T1 says', []],
  ])('%s', (text, wanted) => {
    expect(scopeLines(text)).toEqual(wanted);
  });
});
