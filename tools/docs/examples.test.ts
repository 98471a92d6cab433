import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseAction, parseSpec } from '../../operator/src/api/parse.ts';
import { REASONS } from '../../operator/src/api/reasons.ts';
import { lintRelease } from '../../operator/src/cli/lint-release.ts';
import { record } from '../../operator/src/lib/json.ts';
import { codeBlocks, exampleFiles, objectsIn, ROOT, writtenPages } from './pages.ts';

type Manifest = Readonly<Record<string, unknown>>;

/* Where it stands -> the objects of one text, which are applied together. */
const TEXTS: readonly (readonly [string, readonly Manifest[]])[] = [
  ...exampleFiles().map(({ path, text }) => [path, objectsIn(text)] as const),
  ...writtenPages().flatMap((page) =>
    codeBlocks(page, 'yaml').map((text, at) => [`${page.path} block ${at + 1}`, objectsIn(text)] as const),
  ),
];

const ofKind = (kind: string) =>
  TEXTS.flatMap(([place, objects]) =>
    objects.filter((one) => one['kind'] === kind).map((one) => [place, one, objects] as const),
  );

describe('the examples', () => {
  it('are found', () => {
    const files = new Set(ofKind('AppRelease').map(([place]) => place));
    expect(files).toContain('README.md block 1');
    expect([...files].filter((place) => place.startsWith('docs/examples/')).length).toBeGreaterThanOrEqual(6);
  });

  it.each(ofKind('AppRelease'))('%s holds an AppRelease that the API server takes', (_place, release) => {
    expect(parseSpec(release['spec'])).toMatchObject({ kind: 'valid' });
  });

  it.each(ofKind('AppRelease'))('%s has no field that is dropped, and no warning', (place, release, objects) => {
    const bad = lintRelease(release, objects).filter(({ severity }) => severity !== 'note');
    // For apps without metrics: there a verify step judges readiness and restarts, as it warns.
    const isTaught = ({ field }: { field: string }) => field === 'spec.checks' && place.includes('existing-deployment');
    expect(bad.filter((finding) => !isTaught(finding))).toEqual([]);
  });

  it('hold only ReleaseActions that parse', () => {
    for (const [, action] of ofKind('ReleaseAction')) {
      expect(parseAction(action['spec'])).toMatchObject({ kind: 'valid' });
    }
  });
});

describe("the README's AppRelease", () => {
  it('is the one that the demo applies', () => {
    const [deployed] = objectsIn(readFileSync(join(ROOT, 'deploy/demo/50-release.yaml'), 'utf8'));
    const shown = ofKind('AppRelease').find(([place]) => place.startsWith('README.md'))?.[1];
    expect(shown?.['spec']).toEqual(deployed?.['spec']);
    const { name, namespace } = record(deployed?.['metadata']);
    expect(shown?.['metadata']).toEqual({ name, namespace });
  });
});

describe('words in backticks', () => {
  it('that look like a reason are one, or are known otherwise', () => {
    const known = new Set([...Object.keys(REASONS), ...OTHER_WORDS]);
    const unknown = writtenPages()
      .filter(({ path }) => /^docs\/(?:guide|runbooks)\//.test(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`/g)]
          .map((match) => match[1] ?? '')
          .filter((word) => !known.has(word))
          .map((word) => `${path}: ${word}`),
      );
    expect(unknown).toEqual([]);
  });
});

/** Kinds, phases, conditions and other names in two words. */
const OTHER_WORDS = [
  'AppRelease', 'ReleaseAction', 'HandBack', 'RolledBack', 'ResolvedRefs', 'OperatorInstall',
];
