import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { digestsIn, layoutKey, prune } from './oci-layout.ts';

describe('an OCI layout', () => {
  let layout = '';
  const blob = (name: string, value: unknown): void =>
    writeFileSync(join(layout, 'blobs/sha256', name), JSON.stringify(value));
  const named = (reference: string, name: string) => ({
    digest: `sha256:${name}`, annotations: { 'org.opencontainers.image.ref.name': reference },
  });
  const index = (...manifests: readonly object[]): void =>
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));

  beforeEach(() => {
    layout = mkdtempSync(join(tmpdir(), 'layout-'));
    mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
    for (const name of ['base', 'top1', 'top2', 'c1', 'c2', 'orphan']) blob(name, {});
    const base = { digest: 'sha256:base' };
    blob('m1', { config: { digest: 'sha256:c1' }, layers: [base, { digest: 'sha256:top1' }] });
    blob('m2', { config: { digest: 'sha256:c2' }, layers: [base, { digest: 'sha256:top2' }] });
    index(named('x:1', 'm1'), named('x:2', 'm2'));
  });
  afterEach(() => rmSync(layout, { recursive: true }));

  it('drops what nobody names, and keeps shared layers', () => {
    prune(layout, new Set(['x:1']));
    expect(readdirSync(join(layout, 'blobs/sha256')).toSorted()).toEqual(['base', 'c1', 'm1', 'top1']);
    expect([...digestsIn(layout)]).toEqual([['x:1', 'sha256:m1']]);
  });

  it('has another key when a name means another image', () => {
    const before = layoutKey(layout);
    index(named('x:1', 'm2'), named('x:2', 'm1'));
    expect(layoutKey(layout)).not.toBe(before);
  });

  it('is empty before anything was pushed', () => {
    expect([...digestsIn(join(layout, 'nothing'))]).toEqual([]);
  });
});
