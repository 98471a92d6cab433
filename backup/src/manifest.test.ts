// A manifest is read back as written, and nothing else passes for one.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { parseManifest, renderManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const manifest: Manifest = {
  formatVersion: 1,
  id: '20261121T083900123Z-1f2e',
  startedAt: '2026-11-21T08:39:00.123Z',
  completedAt: '2026-11-21T08:39:01.000Z',
  database: { name: 'bank', serverVersion: '15.18' },
  files: [{ name: 'database.dump', sizeBytes: 12, sha256: 'ab' }],
};

describe('parseManifest', () => {
  it('reads what was written', () => {
    expect(parseManifest(renderManifest(manifest), manifest.id)).toEqual(manifest);
  });

  it('refuses the manifest of another set', () => {
    expect(parseManifest(renderManifest(manifest), '20261121T083900123Z-0000')).toBeUndefined();
  });

  it('refuses one that was cut off anywhere', () => {
    const text = renderManifest(manifest).trimEnd();
    for (let length = 0; length < text.length; length += 1)
      expect(parseManifest(text.slice(0, length), manifest.id)).toBeUndefined();
  });

  it('notices any flipped bit', () => {
    const bytes = Buffer.from(renderManifest(manifest).trimEnd());
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = parseManifest(flipped.toString('utf8'), manifest.id);
      // A space that became another blank changes nothing that the manifest says.
      expect([undefined, manifest]).toContainEqual(read);
    }
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'a/b', '.hidden', ''])(
    'refuses a file outside its folder: %j',
    (name) => {
      const reaching = { ...manifest, files: [{ name, sizeBytes: 1, sha256: 'ab' }] };
      expect(parseManifest(renderManifest(reaching), manifest.id)).toBeUndefined();
    },
  );

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        (text) => void expect(parseManifest(text, manifest.id)).toBeUndefined(),
      ),
    );
  });
});
