import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  canonical,
  configMapNames,
  imagesOf,
  shortHash,
  templateText,
  withConfigMaps,
  withHashLabel,
} from './revision.ts';

const TEMPLATE = {
  metadata: { labels: { app: 'shop' } },
  spec: {
    initContainers: [
      { name: 'init', image: 'init:1', envFrom: [{ configMapRef: { name: 'from-env' } }] },
    ],
    containers: [
      {
        name: 'app',
        image: 'shop:1',
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'key', key: 'a', optional: true } } },
        ],
      },
    ],
    volumes: [
      { name: 'plain', configMap: { name: 'volume' } },
      {
        name: 'mixed',
        projected: { sources: [{ configMap: { name: 'projected' } }, { secret: { name: 'no' } }] },
      },
    ],
  },
};

describe('two templates are one revision', () => {
  it('whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shuffled = JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
          typeof part === 'object' && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).toReversed())
            : part,
        ) as unknown;
        expect(canonical(shuffled)).toBe(canonical(value));
      }),
    );
  });

  it('whatever hash a controller put on them, and with empty parts or none', () => {
    const labelled = withHashLabel(TEMPLATE, 'abc');
    const padded = {
      metadata: { labels: { app: 'shop' }, annotations: {}, creationTimestamp: null },
      spec: TEMPLATE.spec,
    };
    expect(templateText(labelled)).toBe(templateText(TEMPLATE));
    expect(templateText(padded)).toBe(templateText(TEMPLATE));
  });

  it.each([
    [
      'an image',
      { ...TEMPLATE, spec: { ...TEMPLATE.spec, containers: [{ name: 'app', image: 'shop:2' }] } },
    ],
    ['a label', { ...TEMPLATE, metadata: { labels: { app: 'shop', tier: 'web' } } }],
    [
      'an annotation',
      { ...TEMPLATE, metadata: { labels: { app: 'shop' }, annotations: { restartedAt: 'now' } } },
    ],
  ])('unless %s differs', (_what, other) => {
    expect(templateText(other)).not.toBe(templateText(TEMPLATE));
  });
});

describe('a hash', () => {
  it('is a label value, the same for the same text, and different for others', () => {
    const seen = new Set(Array.from({ length: 2000 }, (_, index) => shortHash(`text ${index}`)));
    expect(seen.size).toBe(2000);
    for (const hash of seen) expect(hash).toMatch(/^[a-z0-9]{10}$/);
    expect(shortHash('text 1')).toBe(shortHash('text 1'));
  });
});

describe('what a template refers to', () => {
  it('are the ConfigMaps of env, envFrom, volumes and projected volumes', () => {
    expect(configMapNames(TEMPLATE)).toEqual(['from-env', 'key', 'projected', 'volume']);
    expect(configMapNames({})).toEqual([]);
  });

  it('is renamed in a copy, and left alone in the original', () => {
    const renamed = withConfigMaps(TEMPLATE, (name) => `${name}-copy`);
    expect(configMapNames(renamed)).toEqual([
      'from-env-copy',
      'key-copy',
      'projected-copy',
      'volume-copy',
    ]);
    expect(configMapNames(TEMPLATE)).toContain('volume');
  });

  it('are its images, init containers first', () => {
    expect(imagesOf(TEMPLATE)).toEqual(['init:1', 'shop:1']);
    expect(imagesOf({ spec: { containers: 'nonsense' } })).toEqual([]);
  });
});
