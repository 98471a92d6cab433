import { describe, expect, it } from '@jest/globals';

import { createCache } from './cache.ts';
import type { Keyed } from './cache.ts';
import { applyEvent, applyList } from './reflector-changes.ts';

const object = (uid: string, resourceVersion: string): Keyed => ({
  namespace: 'a',
  name: 'x',
  uid,
  resourceVersion,
});

function cacheWith(...objects: Keyed[]) {
  const cache = createCache<Keyed>(() => undefined);
  for (const each of objects) cache.set(each);
  return cache;
}

const listOf = (...objects: Keyed[]) =>
  new Map(objects.map((each) => [`${each.namespace}/${each.name}`, each]));

describe('changes', () => {
  it('are none when a list says what the cache has', () => {
    const known = object('1', '5');
    const cache = cacheWith(known);
    expect(applyList(cache, listOf(object('1', '5')), false)).toEqual([]);
    expect(cache.get('a', 'x')).toBe(known);
  });

  it('tell apart two objects of one name and one version, as after a restored backup', () => {
    const [before, after] = [object('1', '5'), object('2', '5')];
    expect(applyList(cacheWith(before), listOf(after), false)).toEqual([
      { kind: 'deleted', object: before, initial: false },
      { kind: 'upserted', object: after, initial: false },
    ]);
  });

  it('are none when what is deleted was not there', () => {
    expect(applyEvent(cacheWith(), object('1', '6'), true)).toEqual([]);
  });

  it('tell a delete with the last state of the object that was known', () => {
    const [known, last, other] = [object('1', '5'), object('1', '6'), object('2', '6')];
    expect(applyEvent(cacheWith(known), last, true)).toEqual([
      { kind: 'deleted', object: last, initial: false },
    ]);
    expect(applyEvent(cacheWith(known), other, true)).toEqual([
      { kind: 'deleted', object: known, initial: false },
    ]);
  });
});
