// What people ask of a first release is answered truly: there is nothing to be done.
import { expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

it.each(['abort', 'pause', 'promote'] as const)('%s is rejected, and the release goes on', (what) => {
  const asked = release().replicas(3).candidate(set().notReady(3)).stepping(2).action(what);
  const { next, ...decision } = decide(asked.build(), NOW);
  expect(next.finished).toMatchObject([{ action: what, phase: 'Rejected' }]);
  expect(next.pausedBy).toBeUndefined();
  expect(next.stage.kind).toBe('Stepping');
  expect(decision).toMatchObject({ phase: 'Progressing', reason: 'FirstRelease', effects: [] });
  expect(decide({ ...asked.build(), state: next }, NOW).effects).toMatchObject([
    { kind: 'finishAction', phase: 'Rejected' },
  ]);
});

it('a release with something to go back to is aborted', () => {
  const asked = release().stable(set().ready(10)).candidate(set().ready(2)).stepping(0);
  const { next } = decide(asked.action('abort').build(), NOW);
  expect(next.finished).toMatchObject([{ action: 'abort', phase: 'Applied' }]);
});
