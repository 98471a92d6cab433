// A manifest is read back as written, and nothing else passes for one.
import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { parseManifest, renderManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const sha256 = 'ab'.repeat(32);
const manifest: Manifest = {
  formatVersion: 2,
  id: '20261121T083900123Z-1f2e',
  epoch: 3,
  startedAt: '2026-11-21T08:39:00.123Z',
  completedAt: '2026-11-21T08:39:01.000Z',
  recoveryPoint: { time: '2026-11-21T08:39:00.200Z', lsn: '0/1A2B3C' },
  database: { name: 'bank', serverVersion: '15.18', rows: { account: 2 } },
  uploads: { kind: 'included', files: 1, missing: [] },
  files: [
    { name: 'database.dump', sizeBytes: 12, sha256 },
    { name: `uploads/ab/${sha256}`, sizeBytes: 5, sha256 },
  ],
};

const first = {
  formatVersion: 1,
  id: manifest.id,
  startedAt: manifest.startedAt,
  completedAt: manifest.completedAt,
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

  it.each(['../../etc/passwd', '/etc/passwd', 'a/../../b', 'a/.hidden', '.hidden', ''])(
    'refuses a file outside its folder: %j',
    (name) => {
      const reaching = { ...manifest, files: [{ name, sizeBytes: 1, sha256 }] };
      expect(parseManifest(renderManifest(reaching), manifest.id)).toBeUndefined();
    },
  );

  it('still reads a set of the time before uploads', () => {
    const { formatVersion, id, startedAt, completedAt, database, files } = first;
    const list = [formatVersion, id, startedAt, completedAt, ['bank', '15.18'], [['database.dump', 12, 'ab']]];
    const hash = createHash('sha256').update(JSON.stringify(list)).digest('hex');
    const text = (sha256: string) => JSON.stringify({ ...first, sha256 });
    expect(parseManifest(text(hash), id)).toMatchObject({
      id,
      recoveryPoint: { time: startedAt },
      database,
      files,
    });
    expect(parseManifest(text(hash.replace(/^./, 'g')), id)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        (text) => void expect(parseManifest(text, manifest.id)).toBeUndefined(),
      ),
    );
  });
});
