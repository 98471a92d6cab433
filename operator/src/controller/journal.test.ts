import { describe, expect, it } from '@jest/globals';
import { decide } from '../rollout/decide.ts';
import { release, set } from '../rollout/testing/builders.ts';
import { NOW } from '../rollout/testing/sets.ts';
import { createJournal } from './journal.ts';

const calm = release().stable(set().ready(10)).build();
const moving = release().stable(set().ready(10)).wants({ hash: 'new' }).build();

describe('the journal', () => {
  it('has one line per change of a decision, and none for the same again', () => {
    const lines: unknown[] = [];
    const journal = createJournal((_level, _message, keys) => void lines.push(keys));
    for (const snapshot of [calm, calm, moving, moving, calm])
      journal.record('bank/shop', snapshot, decide(snapshot, NOW));
    journal.record('bank/other', calm, decide(calm, NOW));
    journal.forget('bank/shop');
    journal.record('bank/shop', calm, decide(calm, NOW));
    expect(lines.map((line) => (line as { release: string; phase: string }).phase)).toEqual([
      'Healthy',
      'Progressing',
      'Healthy',
      'Healthy',
      'Healthy',
    ]);
    expect(lines[1]).toMatchObject({
      kind: 'journal',
      stage: 'Stepping',
      effects: [expect.stringContaining('createSet')],
    });
  });
});
