import { describe, expect, it } from '@jest/globals';
import { createConfigWatchers } from './config-watchers.ts';

describe('who looks at a ConfigMap', () => {
  it('is whoever named it last, and nobody who names another one now', () => {
    const watchers = createConfigWatchers();
    watchers.set('a/web', ['a/one', 'a/two']);
    watchers.set('a/api', ['a/two']);
    expect(watchers.of('a/two')).toEqual(['a/web', 'a/api']);
    watchers.set('a/web', ['a/one']);
    expect(watchers.of('a/two')).toEqual(['a/api']);
  });

  it('leaves nothing behind of releases that are gone', () => {
    const watchers = createConfigWatchers();
    for (let n = 0; n < 100; n += 1) watchers.set('a/web', [`a/map-${n}`]);
    expect(watchers.size).toBe(1);
    watchers.set('a/web', []);
    expect(watchers.size).toBe(0);
    expect(watchers.of('a/map-99')).toEqual([]);
  });
});
