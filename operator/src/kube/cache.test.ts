import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';

import { createCache } from './cache.ts';
import { pod, toSmallPod } from './testing/pods.ts';
import type { SmallPod } from './testing/pods.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

const small = (namespace: string, name: string, color = 'red'): SmallPod =>
  toSmallPod(pod(namespace, name, color));

describe('cache', () => {
  it('gives objects by name and by namespace', () => {
    const cache = createCache<SmallPod>(() => undefined);
    const [ax, ay, bx] = [small('a', 'x'), small('a', 'y'), small('b', 'x')];
    for (const each of [ax, ay, bx]) cache.set(each);
    expect(cache.get('a', 'x')).toBe(ax);
    expect(cache.get('c', 'x')).toBeUndefined();
    expect(cache.list('a')).toEqual([ax, ay]);
    expect(cache.list('none')).toEqual([]);
    expect(cache.list()).toHaveLength(3);
  });

  it('keeps an object without the index values it cannot get, and says so', () => {
    const errors: unknown[] = [];
    const cache = createCache<SmallPod>((error) => errors.push(error));
    cache.addIndex('odd', () => {
      throw new Error('bug');
    });
    cache.set(small('a', 'x'));
    expect(cache.size).toBe(1);
    expect(errors).toEqual([new Error('bug')]);
  });

  it('calls an index that is not there, or there twice, a bug', () => {
    const cache = createCache<SmallPod>(() => undefined);
    cache.addIndex('color', (each) => [each.color]);
    expect(() => cache.byIndex('colour', 'red')).toThrow('no such index: colour');
    expect(() => cache.addIndex('color', () => [])).toThrow('index already there: color');
  });

  it('agrees with a plain map, its indexes with a plain search, after any changes', () => {
    const name = fc.constantFrom('x', 'y', 'z');
    const namespace = fc.constantFrom('a', 'b');
    const color = fc.constantFrom('red', 'blue', 'none');
    const change = fc.record({ remove: fc.boolean(), namespace, name, color });
    fc.assert(
      fc.property(fc.array(change), fc.nat(20), (changes, indexAt) => {
        const cache = createCache<SmallPod>(() => undefined);
        const plain = new Map<string, SmallPod>();
        const addIndex = () => cache.addIndex('color', (each) => (each.color === 'none' ? [] : [each.color, 'any']));
        changes.forEach((each, i) => {
          if (i === indexAt) addIndex();
          const key = `${each.namespace}/${each.name}`;
          const object = small(each.namespace, each.name, each.color);
          const previous = each.remove
            ? cache.remove(each.namespace, each.name)
            : cache.set(object);
          expect(previous).toBe(plain.get(key));
          if (each.remove) plain.delete(key);
          else plain.set(key, object);
        });
        if (changes.length <= indexAt) addIndex();
        const wanted = [...plain.values()];
        expect(cache.size).toBe(wanted.length);
        expect(new Set(cache.list())).toEqual(new Set(wanted));
        for (const each of ['red', 'blue']) {
          const found = new Set(cache.byIndex('color', each));
          expect(found).toEqual(new Set(wanted.filter((object) => object.color === each)));
        }
        expect(cache.byIndex('color', 'any')).toHaveLength(
          wanted.filter((object) => object.color !== 'none').length,
        );
      }),
    );
  });
});
