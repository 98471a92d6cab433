// A bare git repository with a folder of manifests in it, and somebody who commits to it.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { run } from '../../cluster/src/process/command.ts';

export interface GitRepository {
  readonly url: string;
  /** Makes `folder` hold exactly these objects; resolves with the commit that was pushed. */
  commit(folder: string, objects: readonly object[], message: string): Promise<string>;
  /** What `fill` puts into the root of the tree. */
  commitTree(fill: (tree: string) => void, message: string): Promise<string>;
  /** Takes the last commit back with another one. */
  revert(): Promise<string>;
  remove(): void;
}

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1',
};

export async function createGitRepository(): Promise<GitRepository> {
  const work = mkdtempSync(join(tmpdir(), 'slipway-git-'));
  const bare = join(work, 'manifests.git');
  const tree = join(work, 'tree');
  const git = (...args: string[]) => run('git', args, { cwd: tree, env: AUTHOR });
  mkdirSync(tree);
  await run('git', ['init', '-q', '--bare', '-b', 'main', bare], { env: AUTHOR });
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', bare);
  const push = async (): Promise<string> => {
    await git('push', '-q', 'origin', 'main');
    return (await git('rev-parse', 'HEAD')).trim();
  };
  const commitAll = async (message: string): Promise<string> => {
    await git('add', '-A');
    await git('commit', '-q', '--allow-empty', '-m', message);
    return push();
  };
  return {
    url: `file://${bare}`,
    commitTree(fill, message) {
      fill(tree);
      return commitAll(message);
    },
    async commit(folder, objects, message) {
      const path = join(tree, folder);
      mkdirSync(path, { recursive: true });
      for (const file of readdirSync(path)) rmSync(join(path, file));
      for (const [at, object] of objects.entries()) {
        writeFileSync(join(path, `${String(at).padStart(2, '0')}.yaml`), stringify(object));
      }
      return commitAll(message);
    },
    async revert() {
      await git('revert', '--no-edit', 'HEAD');
      return push();
    },
    remove: () => rmSync(work, { recursive: true, force: true }),
  };
}
