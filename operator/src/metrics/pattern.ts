// Regular expressions on label values, whole value, in time linear in the value. JavaScript's own
// engine backtracks, so that one pattern of one user could stop the operator for everybody.
//
// Known: characters, `.`, `\d \w \s` and their opposites, `\x` for a special character, `[a-z]`,
// `[^...]`, groups, `|`, `* + ?` and `{n}`, `{n,}`, `{n,m}`. The pattern becomes a list of
// instructions; matching walks all of its branches at once (Thompson 1968).
import { type Result, err, ok } from '../lib/result.ts';
import { type Node, parsePattern } from './pattern-syntax.ts';

export type Pattern = { readonly matches: (value: string) => boolean };

/** Counted repetitions are written out; more instructions than this are refused. */
const MAX_INSTRUCTIONS = 2000;

type Instruction =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'fork'; readonly targets: readonly number[] }
  | { readonly kind: 'match' };

/** Compiles a pattern, or says in one sentence what is wrong with it. */
export function compilePattern(source: string): Result<Pattern, string> {
  const node = parsePattern(source);
  if (node.kind === 'error') return node;
  const program: Instruction[] = [];
  if (emit(node.value, program) === 'tooLong') return err('the pattern repeats too much');
  program.push({ kind: 'match' });
  return ok({ matches: (value) => runs(program, value) });
}

function emit(node: Node, program: Instruction[]): 'ok' | 'tooLong' {
  if (program.length > MAX_INSTRUCTIONS) return 'tooLong';
  switch (node.kind) {
    case 'character':
      program.push(node);
      return 'ok';
    case 'sequence':
      // Nothing, repeated, must cost something too, or nested counts would never end.
      if (node.parts.length === 0) program.push({ kind: 'fork', targets: [program.length + 1] });
      return node.parts.every((part) => emit(part, program) === 'ok') ? 'ok' : 'tooLong';
    case 'either':
      return emitEither(node.options, program);
    case 'repeat':
      return emitRepeat(node, program);
  }
}

function emitEither(options: readonly Node[], program: Instruction[]): 'ok' | 'tooLong' {
  const fork = program.length;
  program.push({ kind: 'fork', targets: [] });
  const starts: number[] = [];
  const exits: number[] = [];
  for (const option of options) {
    starts.push(program.length);
    if (emit(option, program) === 'tooLong') return 'tooLong';
    exits.push(program.length);
    program.push({ kind: 'fork', targets: [] });
  }
  program[fork] = { kind: 'fork', targets: starts };
  for (const exit of exits) program[exit] = { kind: 'fork', targets: [program.length] };
  return 'ok';
}

function emitRepeat(
  node: Extract<Node, { kind: 'repeat' }>,
  program: Instruction[],
): 'ok' | 'tooLong' {
  for (let i = 0; i < node.least; i += 1) {
    if (emit(node.part, program) === 'tooLong') return 'tooLong';
  }
  if (node.most === 'unbounded') {
    const fork = program.length;
    program.push({ kind: 'fork', targets: [] });
    if (emit(node.part, program) === 'tooLong') return 'tooLong';
    program.push({ kind: 'fork', targets: [fork] });
    program[fork] = { kind: 'fork', targets: [fork + 1, program.length] };
    return 'ok';
  }
  const forks: number[] = [];
  for (let i = node.least; i < node.most; i += 1) {
    forks.push(program.length);
    program.push({ kind: 'fork', targets: [] });
    if (emit(node.part, program) === 'tooLong') return 'tooLong';
  }
  for (const fork of forks) program[fork] = { kind: 'fork', targets: [fork + 1, program.length] };
  return 'ok';
}

function runs(program: readonly Instruction[], value: string): boolean {
  let threads = reached(program, [0]);
  for (const character of value) {
    const next = [...threads].flatMap((at) => {
      const instruction = program[at];
      return instruction?.kind === 'character' && instruction.accepts(character) ? [at + 1] : [];
    });
    if (next.length === 0) return false;
    threads = reached(program, next);
  }
  return threads.has(program.length - 1);
}

/** Everywhere the forks lead without reading a character. */
function reached(program: readonly Instruction[], from: readonly number[]): ReadonlySet<number> {
  const seen = new Set<number>();
  const waiting = [...from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    if (instruction?.kind === 'fork') waiting.push(...instruction.targets);
  }
  return seen;
}
