import { describe, expect, it } from '@jest/globals';
import { decideHandBack } from './hand-back.ts';
import type { Effect } from './decision.ts';
import type { OwnSetView, Snapshot } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const INVALID = {
  kind: 'invalid' as const,
  violations: [{ field: 'spec.checks', message: 'no regular expression' }],
};

const serving = () =>
  release().deployment({ replicas: 10 }).stable(set().ready(10)).release({ isDeleted: true });
const own = (over: Partial<OwnSetView> = {}): OwnSetView => ({
  name: 'web-5d',
  uid: 'own',
  replicas: 0,
  isCurrent: true,
  ...over,
});
const kinds = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);
const decided = (snapshot: Snapshot) => kinds(decideHandBack(snapshot, NOW).effects);

function wantingNothing({ wanted: _wanted, ...rest }: Snapshot): Snapshot {
  return rest;
}

/** Worlds in which pods of ours serve and their Deployment is there. */
const RUNNING: Record<string, Snapshot> = {
  'the specification makes no sense': serving().release({ isDeleted: true, spec: INVALID }).build(),
  'spec.replicas is not set': serving().release({ isDeleted: true, replicas: undefined }).build(),
  'nothing is wanted': wantingNothing(serving().build()),
  'the first version is on its way up': release()
    .deployment()
    .candidate(set().revision(1).ready(3).notReady(7))
    .stepping(0)
    .release({ isDeleted: true })
    .build(),
  'git has given the Deployment pods of its own': serving()
    .deployment({ replicas: 3, ownSets: [own({ replicas: 3 })] })
    .build(),
  'the Deployment is half taken over': release()
    .deployment({ paused: true, pausedByUs: true, replicas: 11, ownSets: [own({ replicas: 3 })] })
    .stable(set().ready(8))
    .release({ isDeleted: true })
    .build(),
  'status was lost in the middle of a release': serving()
    .candidate(set().ready(2))
    .forgets()
    .build(),
};

describe('deleting an AppRelease whose pods serve', () => {
  it.each(Object.entries(RUNNING))('keeps them when %s', (_name, snapshot) => {
    const effects = decided(snapshot);
    expect(effects).not.toEqual([]);
    expect(effects).not.toContain('removeFinalizer');
  });

  const paused = { paused: true, pausedByUs: true };

  it('gives back as many pods as run when spec.replicas is not set', () => {
    const snapshot = serving()
      .deployment({ ...paused, replicas: 0 })
      .release({ isDeleted: true, replicas: undefined })
      .build();
    expect(decideHandBack(snapshot, NOW).effects).toEqual([
      { kind: 'scaleDeployment', replicas: 10 },
    ]);
  });

  it('gives the set back though the specification makes no sense', () => {
    const snapshot = serving()
      .deployment({ ...paused, replicas: 10 })
      .release({ isDeleted: true, spec: INVALID })
      .build();
    expect(decided(snapshot)).toEqual(['releaseRoute', 'giveBackSet']);
  });

  it('waits for strays to be needed no more before it lets go of them', () => {
    const snapshot = serving()
      .deployment({ ...paused, replicas: 10 })
      .old(set().revision(3).ready(2))
      .build();
    expect(decideHandBack(snapshot, NOW).effects).toMatchObject([
      { kind: 'scaleSet', set: { name: 'shop-r3' }, to: 0 },
    ]);
  });
});

describe('deleting an AppRelease of 0 replicas', () => {
  const idle = () => release().replicas(0).stable(set()).release({ isDeleted: true });
  const deployment = { paused: true, pausedByUs: true, replicas: 0 };

  it('lets the Deployment go on once it has its set back', () => {
    const before = idle().deployment(deployment).build();
    expect(decided(before)).toEqual(['releaseRoute', 'giveBackSet']);
    const after = idle().deployment({ ...deployment, ownSets: [own({ name: 'shop-r6' })] });
    expect(decided(after.with({ sets: [] }).build())).toEqual(['unpauseDeployment']);
  });

  it('says why it stays paused where another template is wanted', () => {
    const snapshot = idle().deployment(deployment).wants({ hash: 'failed' }).build();
    expect(decided(snapshot)).toEqual(['explainHandBack', 'releaseRoute', 'giveBackSet']);
  });

  it('leaves no Deployment paused when nothing was ever released', () => {
    const snapshot = release()
      .replicas(0)
      .deployment(deployment)
      .release({ isDeleted: true })
      .build();
    expect(decided(snapshot)).toEqual(['unpauseDeployment']);
  });
});
