import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { REPOSITORY } from '../../test/cluster/src/paths.ts';
import { imageKeys } from './build.ts';
import { IMAGES, imageOf } from './catalog.ts';
import { dockerCommands } from './docker.ts';
import { parseLdd } from './system-images.ts';

describe('the image catalog', () => {
  const texts = new Map<string, string>();
  const keys = (changed?: string) =>
    imageKeys(IMAGES, (path) => (path === changed ? `${texts.get(path)} changed` : (texts.get(path) ?? path)));

  it('builds from plain Dockerfiles that need no network', () => {
    for (const { dockerfile } of IMAGES) {
      const text = readFileSync(join(REPOSITORY, dockerfile), 'utf8');
      const words = [...text.matchAll(/^([A-Z]+) /gm)].map((match) => match[1]);
      expect(words).toContain('FROM');
      expect(words).not.toContain('RUN');
    }
  });

  it('copies only what its key is made of', () => {
    for (const image of IMAGES) {
      const text = readFileSync(join(REPOSITORY, image.dockerfile), 'utf8');
      const copied = [...text.matchAll(/^COPY (.+) \S+$/gm)].flatMap((match) => (match[1] ?? '').split(' '));
      const known = [...image.bundles.map((name) => `dist/${name}.mjs`), ...image.files];
      expect(copied.toSorted()).toEqual(known.toSorted());
    }
  });

  it('runs every program as a user that is not root', () => {
    for (const { dockerfile } of IMAGES) {
      expect(readFileSync(join(REPOSITORY, dockerfile), 'utf8')).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    }
  });

  it('builds again what has changed, and what stands on it', () => {
    const before = keys();
    const changed = (path: string): readonly string[] =>
      [...keys(path)].flatMap(([reference, key]) => (before.get(reference) === key ? [] : [reference]));
    expect(changed('dist/operator.mjs')).toEqual(['localhost/slipway/operator:dev']);
    expect(changed('tools/images/postgres/entrypoint.sh')).toEqual([
      'localhost/slipway/postgres:15', 'localhost/slipway/backup:dev',
    ]);
    expect(changed('dist/app.mjs')).toEqual([
      'localhost/slipway/ledger:1.0.0', 'localhost/slipway/ledger:1.1.0', 'localhost/slipway/ledger:1.2.0',
    ]);
  });

  it('has different keys for versions of one program', () => {
    expect(new Set(keys().values()).size).toBe(IMAGES.length);
  });

  it('refuses a list in which a base comes after its user', () => {
    expect(() => imageKeys(IMAGES.toReversed(), () => '')).toThrow('is listed before its base');
    expect(() => imageOf('localhost/none:1')).toThrow('no image');
  });

  it('builds the same Dockerfiles with Docker, on official bases', () => {
    expect(dockerCommands(imageOf('localhost/slipway/node:24'))).toEqual([
      ['pull', 'node:24-slim'], ['tag', 'node:24-slim', 'localhost/slipway/node:24'],
    ]);
    expect(dockerCommands(imageOf('localhost/slipway/ledger:1.1.0'))).toEqual([[
      'build', '--file', 'app/Dockerfile', '--tag', 'localhost/slipway/ledger:1.1.0',
      '--build-arg', 'VERSION=1.1.0', '--build-arg', 'BASE=node:24-slim', '.',
    ]]);
    expect(existsSync(join(REPOSITORY, '.dockerignore'))).toBe(true);
  });

  it('reads the libraries of a program, its loader included', () => {
    expect(parseLdd('\tlinux-vdso.so.1 (0x1)\n\tlibc.so.6 => /lib/libc.so.6 (0x2)\n\t/lib64/ld-linux.so.2 (0x3)\n\tlibx => not found\n'))
      .toEqual(['/lib/libc.so.6', '/lib64/ld-linux.so.2']);
  });
});
