// The command line of `npm run diff`.

export interface DiffOptions {
  /** What is compared with: anything that git takes for a commit. */
  readonly against: string;
  /** Whether a difference ends with 1, as `git diff --exit-code` does. */
  readonly exitCode: 'ofDifference' | 'always0';
  /** Folders below deploy/ to look at; empty for all. */
  readonly environments: readonly string[];
}

export const DIFF_USAGE = 'npm run diff [-- [--against <commit>] [--exit-code] [environment...]]';

/** The options, or a sentence that says which argument is not known. */
export function parseDiffOptions(args: readonly string[]): DiffOptions | string {
  const rest = [...args];
  const environments: string[] = [];
  let against = 'HEAD';
  let exitCode: DiffOptions['exitCode'] = 'always0';
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--exit-code') exitCode = 'ofDifference';
    else if (arg === '--against') {
      const ref = rest.shift();
      if (ref === undefined) return '--against: name a commit';
      against = ref;
    } else if (arg.startsWith('-')) return `${arg}: not known`;
    else environments.push(arg);
  }
  return { against, exitCode, environments };
}
