import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { writeImageArchive } from './oci-archive.ts';
import type { SingleLayerImage } from './oci-archive.ts';

describe('writeImageArchive', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oci-'));
    writeFileSync(join(folder, 'program'), 'x'.repeat(1500));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const image = (reference: string): SingleLayerImage => ({
    reference,
    entrypoint: ['/program'],
    user: '65532',
    entries: [
      { kind: 'folder', path: 'tmp', mode: 0o1777 },
      { kind: 'text', path: 'etc-passwd', text: 'root:x:0:0::/:/none\n' },
      { kind: 'file', path: 'program', from: join(folder, 'program'), mode: 0o755 },
    ],
  });
  const extract = (archive: string, name: string): Buffer => execFileSync('tar', ['-xOf', archive, name]);

  it('names every blob by its content, as tar and sha256 see it', () => {
    const archive = join(folder, 'image.tar');
    writeImageArchive(archive, [image('localhost/a:1')], folder);
    const names = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n');
    const blobs = names.filter((name) => /^blobs\/sha256\/./.test(name));
    expect(blobs).toHaveLength(3);
    for (const blob of blobs) {
      const digest = createHash('sha256').update(extract(archive, blob)).digest('hex');
      expect(blob).toBe(`blobs/sha256/${digest}`);
    }
  });

  it('leads from the index to a layer with the files and their modes', () => {
    const archive = join(folder, 'image.tar');
    writeImageArchive(archive, [image('localhost/a:1')], folder);
    const json = (name: string): unknown => JSON.parse(extract(archive, name).toString('utf8'));
    const path = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
    const index = json('index.json') as { manifests: { digest: string; annotations: object }[] };
    expect(index.manifests[0]?.annotations).toMatchObject({ 'io.containerd.image.name': 'localhost/a:1' });
    const manifest = json(path(index.manifests[0]?.digest ?? '')) as { layers: { digest: string }[] };
    const layer = join(folder, 'layer.tar');
    writeFileSync(layer, extract(archive, path(manifest.layers[0]?.digest ?? '')));
    const listing = execFileSync('tar', ['-tvf', layer, '--numeric-owner'], { encoding: 'utf8' });
    expect(listing).toMatch(/^drwxrwxrwt 0\/0 .* tmp\/$/m);
    expect(listing).toMatch(/^-rwxr-xr-x 0\/0 +1500 .* program$/m);
  });

  it('writes the same bytes twice, and keeps equal layers once', () => {
    const [one, two] = [join(folder, 'one.tar'), join(folder, 'two.tar')];
    writeImageArchive(one, [image('localhost/a:1'), image('localhost/b:1')], folder);
    writeImageArchive(two, [image('localhost/a:1'), image('localhost/b:1')], folder);
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    expect(readFileSync(one).length).toBeLessThan(20_000);
  });
});
