// No clock, chance, waiting or I/O in the folders that decide: the same input gives the same
// decision, today and in a replay.
import { blank } from './blank.ts';
import { isTest, isTypeScript, lineAt, type Finding, type SourceFile } from './source-file.ts';

const PURE = /^operator\/src\/(?:analysis|rollout|traffic|metrics|notifications|api)\//;

/* What stands after a dot is somebody's property, not the global. */
const global = (name: string): RegExp => new RegExp(`(?<![.\\w$])${name}(?![\\w$]|\\s*:)`, 'g');

const BANNED: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bDate\.now\b/g, instead: 'Date.now: take `now` as a parameter' },
  { pattern: /\bnew Date\(\s*\)/g, instead: 'new Date() is the clock: take `now` as a parameter' },
  { pattern: /(?<!\bnew\s)(?<![.\w$])Date\(/g, instead: 'Date() is the clock: take `now` as a parameter' },
  { pattern: /\bMath\.random\b/g, instead: 'Math.random: take the seed or the number as a parameter' },
  { pattern: global('(?:async|await)'), instead: 'async: return an effect and let controller/ do it' },
  { pattern: global('console'), instead: 'console: return a reason and let controller/ log it' },
  { pattern: global('process'), instead: 'process: take what you need as a parameter' },
  { pattern: global('performance'), instead: 'performance: take `now` as a parameter' },
  {
    pattern: global('(?:setTimeout|setInterval|setImmediate|queueMicrotask)'),
    instead: 'timers: return `wakeAt` and let controller/ wait',
  },
  { pattern: global('fetch(?=\\s*\\()'), instead: 'fetch: return an effect and let controller/ do it' },
];

/** Reports what makes a pure folder impure. */
export function purity(file: SourceFile): Finding[] {
  if (!PURE.test(file.path) || !isTypeScript(file.path) || isTest(file.path)) return [];
  const code = blank(file.text);
  return BANNED.flatMap(({ pattern, instead }) =>
    [...code.matchAll(pattern)].map((match) => ({
      path: file.path,
      line: lineAt(code, match.index),
      message: `${instead} (this folder is pure)`,
    })),
  );
}
