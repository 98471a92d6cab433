import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { asManifest } from '../manifest.ts';
import { secretShape } from './credentials.ts';
import { findingLine } from './finding.ts';
import { checkSecrets } from './secret-check.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DEPLOY = join(ROOT, 'deploy');

/* Tests hold URLs with made-up passwords; everything else that looks like a secret is one. */
const EXAMPLES = ['a password in a URL'];

const committed = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.ya?ml$/.test(file))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(DEPLOY, file), 'utf8')).map((document) => ({
      file,
      value: document.toJS() as object,
    })),
  );

/** Lines ever added that hold a secret, of the whole history of this branch. */
async function leaksInHistory(): Promise<{ lines: number; leaks: readonly string[] }> {
  const args = ['log', '--patch', '--unified=0', '--no-color', '--no-ext-diff', '--format=commit %h'];
  const git = spawn('git', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const leaks: string[] = [];
  let lines = 0;
  let commit = '';
  for await (const line of createInterface({ input: git.stdout })) {
    lines += 1;
    if (line.startsWith('commit ')) commit = line;
    const shape = line.startsWith('+') ? secretShape(line) : undefined;
    if (shape !== undefined && !EXAMPLES.includes(shape)) leaks.push(`${commit}: ${shape}`);
  }
  return { lines, leaks };
}

describe('this repository', () => {
  it('T6: has no secret in the manifests it commits', () => {
    const objects = committed
      .filter(({ value }) => 'kind' in value && 'metadata' in value)
      .map(({ file, value }) => ({ path: file, object: asManifest(value) }));
    expect(objects.length).toBeGreaterThan(100);
    expect(checkSecrets({ objects, databases: [] }).map(findingLine)).toEqual([]);
  });

  it('T6: has no secret in any line that was ever committed', async () => {
    const { lines, leaks } = await leaksInHistory();
    expect(leaks).toEqual([]);
    // A checkout without its history would prove nothing.
    expect(lines).toBeGreaterThan(10_000);
  });

  it('T6: would know one', () => {
    const key = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');
    const samples = [key, `AKIA${'Z'.repeat(16)}`, `ghp_${'a'.repeat(36)}`, `xoxb-${'1'.repeat(12)}`];
    expect(samples.map(secretShape)).toEqual([
      'a private key',
      'an AWS access key',
      'a GitHub token',
      'a Slack token',
    ]);
  });
});
