import { describe, expect, it } from '@jest/globals';

import { createManualClock } from '../lib/manual-clock.ts';
import { createExpectations } from './freshness.ts';
import type { ResourceType } from './resource.ts';
import { PODS } from './testing/pods.ts';

const SETS: ResourceType = { ...PODS, group: 'apps', plural: 'replicasets', kind: 'ReplicaSet' };

function setUp() {
  const clock = createManualClock();
  const seen = new Map([['pods', '100'], ['replicasets', '100']]);
  const expectations = createExpectations({ clock, seen: (type) => seen.get(type.plural) });
  return { clock, seen, expectations };
}

describe('reading your own writes', () => {
  it('holds a key until the cache has come as far as its write', () => {
    const { seen, expectations } = setUp();
    expectations.note(PODS, 'a/x', '120');
    expect(expectations.satisfied('a/x')).toBe(false);
    seen.set('pods', '119');
    expect(expectations.satisfied('a/x')).toBe(false);
    seen.set('pods', '120');
    expect(expectations.satisfied('a/x')).toBe(true);
    expect(expectations.size).toBe(0);
  });

  it('holds no other key', () => {
    const { expectations } = setUp();
    expectations.note(PODS, 'a/x', '120');
    expect(expectations.satisfied('a/y')).toBe(true);
  });

  it('waits for each type that was written', () => {
    const { seen, expectations } = setUp();
    expectations.note(PODS, 'a/x', '120');
    expectations.note(SETS, 'a/x', '130');
    seen.set('pods', '200');
    expect(expectations.satisfied('a/x')).toBe(false);
    seen.set('replicasets', '130');
    expect(expectations.satisfied('a/x')).toBe(true);
  });

  it('waits for the newest write, in whatever order the answers came', () => {
    const { seen, expectations } = setUp();
    expectations.note(PODS, 'a/x', '130');
    expectations.note(PODS, 'a/x', '120');
    seen.set('pods', '125');
    expect(expectations.satisfied('a/x')).toBe(false);
  });

  it('does not wait for a write that changed nothing', () => {
    const { expectations } = setUp();
    expectations.note(PODS, 'a/x', '90');
    expect(expectations.satisfied('a/x')).toBe(true);
  });

  it('is content when the object was deleted: the cache has passed it', () => {
    const { seen, expectations } = setUp();
    expectations.note(PODS, 'a/x', '120');
    seen.set('pods', '140');
    expect(expectations.satisfied('a/x')).toBe(true);
  });

  it('does not wait for a type nobody caches', () => {
    const { seen, expectations } = setUp();
    seen.delete('pods');
    expectations.note(PODS, 'a/x', '120');
    expect(expectations.satisfied('a/x')).toBe(true);
  });

  it('tells for how long a write is unseen, so that live reads can take over', () => {
    const { clock, expectations } = setUp();
    expect(expectations.since('a/x')).toBeUndefined();
    expectations.note(PODS, 'a/x', '120');
    clock.advance(5000);
    expect(expectations.since('a/x')).toBe(5000);
    expectations.forget('a/x');
    expect(expectations.satisfied('a/x')).toBe(true);
  });
});
