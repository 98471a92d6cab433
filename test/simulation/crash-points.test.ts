import { describe, expect, it } from '@jest/globals';
import { wipeStatus } from './actors/people.ts';
import type { Trouble } from './operator-process.ts';
import { STORIES, ask, essence, tell } from './stories.ts';

const TROUBLES: Readonly<Record<string, (at: number) => Trouble>> = {
  'a crash before it': (at) => ({ kind: 'crash', at, when: 'before' }),
  'a crash after it': (at) => ({ kind: 'crash', at, when: 'after' }),
  'an answer that is lost': (at) => ({ kind: 'lose', at }),
  'a refusal on the way': (at) => ({ kind: 'fail', at }),
};

/** More writes than any story takes, so that no operator ever lives for two. */
const LIVES_MAX = 200;

const releaseByWeights = (() => {
  const story = STORIES['a good version by weights'];
  if (!story) throw new Error('no such story');
  return { story, undisturbed: tell(story) };
})();

describe.each(Object.entries(STORIES))('%s', (_name, story) => {
  const undisturbed = tell(story);

  it('ends as it should', () => {
    expect(undisturbed.ending).toBe(story.ending);
  });

  it.each(Object.entries(TROUBLES))('ends the same with %s at every write', (_trouble, trouble) => {
    for (let write = 0; write < undisturbed.writes; write += 1) {
      const told = tell(story, { planned: [{ write, trouble }] });
      expect({ write, ...essence(told) }).toEqual({ write, ...essence(undisturbed) });
    }
  });

  it('ends the same with operators that each live for one write', () => {
    const planned = Array.from({ length: LIVES_MAX }, (_, write) => ({
      write,
      trouble: (at: number): Trouble => ({ kind: 'crash', at, when: 'after' }),
    }));
    const told = tell(story, { planned });
    expect(told.writes).toBeLessThan(LIVES_MAX);
    expect(essence(told)).toEqual(essence(undisturbed));
  });

  it('ends the same, but for its history, with its status wiped after every write', () => {
    for (let write = 1; write <= undisturbed.writes; write += 1) {
      const told = tell(story, { interrupt: { write, deed: wipeStatus } });
      const { history: _lost, ...rest } = essence(told) as { history?: unknown };
      const { history: _kept, ...wanted } = essence(undisturbed) as { history?: unknown };
      expect({ write, ...rest }).toEqual({ write, ...wanted });
    }
  });
});

describe('two crashes', () => {
  it('of one release change nothing', () => {
    const { story, undisturbed } = releaseByWeights;
    const trouble = (at: number): Trouble => ({ kind: 'crash', at, when: 'after' });
    for (let first = 0; first < undisturbed.writes; first += 2) {
      for (let second = first + 1; second < undisturbed.writes; second += 5) {
        const told = tell(story, { planned: [{ write: first, trouble }, { write: second, trouble }] });
        expect(essence(told)).toEqual(essence(undisturbed));
      }
    }
  });
});

describe('an abort', () => {
  const { story, undisturbed } = releaseByWeights;

  it('takes the version back from wherever it is, and never lets it return', () => {
    const endings = new Set<string>();
    for (let write = 1; write <= undisturbed.writes; write += 1) {
      const told = tell(story, { interrupt: { write, deed: ask('abort') } });
      endings.add(told.ending);
      const applied = told.world.actions.filter(({ result }) => result === 'Applied').length;
      expect(told.ending).toBe(applied > 0 ? 'RolledBack AbortedByUser' : 'Healthy UpToDate');
    }
    expect([...endings].toSorted()).toEqual(['Healthy UpToDate', 'RolledBack AbortedByUser']);
  });

  it('is applied once and not forgotten, whenever the operator crashes', () => {
    for (let write = 4; write < 14; write += 3) {
      for (const trouble of Object.values(TROUBLES)) {
        for (const later of [1, 2, 3, 4]) {
          const told = tell(story, {
            interrupt: { write, deed: ask('abort') },
            planned: [{ write: write + later, trouble }],
          });
          expect({ write, later, ending: told.ending }).toEqual({ write, later, ending: 'RolledBack AbortedByUser' });
          expect(told.world.actions.map(({ result }) => result)).toEqual(['Applied']);
        }
      }
    }
  });
});
