import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { rebuiltSentence } from './rebuilt.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const told = (builder: ReturnType<typeof release>) => {
  const snapshot = builder.build();
  return rebuiltSentence(snapshot, decide(snapshot, NOW));
};

describe('a state that was rebuilt', () => {
  it('tells which revisions it found, and in what', () => {
    const lost = release().stable(set().ready(10)).candidate(set().ready(2)).forgets();
    expect(told(lost)).toMatch(
      /^the status was lost; rebuilt from the ReplicaSets: revision \d+ is stable, revision \d+ at \d+ %/,
    );
    expect(told(lost.weighted(20))).toContain('the ReplicaSets, Services and the route');
  });

  it('is none where no set has served yet', () => {
    expect(told(release().wants({ hash: 'new' }).forgets())).toBeUndefined();
  });
});
