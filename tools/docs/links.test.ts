import { existsSync } from 'node:fs';
import { join, normalize, dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchorsOf, localLinks, ROOT, writtenPages } from './pages.ts';

const TOP = 'app|backup|charts-ts|deploy|docs|operator|prisma|test|tools';
/* A path that begins in a folder of the repository, wherever it stands in a sentence. */
const PATH = new RegExp(`(?<![\\w/.-])((?:${TOP})/[\\w./-]*[\\w-]\\.(?:ts|md|yaml))`, 'g');

const pages = writtenPages();
const linked = pages.flatMap((page) => localLinks(page).map((target) => [page, target] as const));

describe('the written pages', () => {
  it('lead to files that are there', () => {
    const dead = linked.filter(([page, target]) => {
      const [path = ''] = target.split('#');
      return path !== '' && !existsSync(join(ROOT, dirname(page.path), path));
    });
    expect(linked.length).toBeGreaterThan(20);
    expect(dead.map(([page, target]) => `${page.path}: ${target}`)).toEqual([]);
  });

  it('lead to headings that are there', () => {
    const dead = linked.filter(([page, target]) => {
      const [path = '', anchor] = target.split('#');
      if (anchor === undefined) return false;
      const file = path === '' ? page.path : normalize(join(dirname(page.path), path));
      const reached = pages.find((one) => one.path === file);
      return reached === undefined || !anchorsOf(reached).has(anchor);
    });
    expect(dead.map(([page, target]) => `${page.path}: ${target}`)).toEqual([]);
  });

  it('name files of the repository that are there', () => {
    const missing = pages.flatMap(({ path, text }) =>
      [...text.matchAll(PATH)]
        .map((match) => match[1] ?? '')
        .filter((file) => !existsSync(join(ROOT, file)))
        .map((file) => `${path}: ${file}`),
    );
    expect(missing).toEqual([]);
  });
});
