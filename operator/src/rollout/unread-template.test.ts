import { describe, expect, it } from '@jest/globals';
import { decideUnread } from './unread-template.ts';
import type { Snapshot } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const UNREAD = { reason: 'Forbidden' as const, message: 'ConfigMap settings: forbidden' };

function unread({ wanted: _wanted, ...snapshot }: Snapshot) {
  return decideUnread(snapshot, UNREAD, NOW);
}

describe('a wanted version that cannot be read', () => {
  it('is told, and nothing that runs is touched', () => {
    const before = release().stable(set().ready(10)).build();
    expect(unread(before)).toMatchObject({
      ...UNREAD,
      phase: 'Blocked',
      effects: [],
      next: before.state,
    });
  });

  it('is told in the middle of a release, which stays where it is', () => {
    const going = release()
      .canary(50)
      .stable(set().ready(5))
      .candidate(set().ready(5))
      .stepping(0, { mark: 5 });
    expect(unread(going.build())).toMatchObject({
      ...UNREAD,
      effects: [],
      next: { stage: { kind: 'Stepping' } },
    });
  });

  it('does not keep a candidate that hurts users', () => {
    const harmful = release()
      .canary(50)
      .stable(set().ready(5))
      .candidate(set().ready(4).troubled('InvalidImageName'))
      .stepping(0, { mark: 4 })
      .build();
    expect(unread(harmful).next.stage.kind).toBe('RollingBack');
  });

  it('does not stand in the way of a hand-back', () => {
    const deleted = release()
      .deployment({ replicas: 10 })
      .stable(set().ready(10))
      .release({ isDeleted: true });
    expect(unread(deleted.build()).effects).toEqual([{ kind: 'pauseDeployment' }]);
  });
});
