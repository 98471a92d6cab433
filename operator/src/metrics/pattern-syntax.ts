// Reads the text of a pattern into a tree; what the tree matches is pattern.ts.
import { type Result, err, ok } from '../lib/result.ts';

export type Node =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly options: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly part: Node;
      readonly least: number;
      readonly most: number | 'unbounded';
    };

const MAX_SOURCE = 1024;
const MAX_DEPTH = 20;
const MAX_REPEAT = 100;

type Read<T> = Result<{ readonly value: T; readonly end: number }, string>;
type Accepts = (character: string) => boolean;

/** The tree of `source`, or one sentence about what is wrong with it. */
export function parsePattern(source: string): Result<Node, string> {
  if (source.length > MAX_SOURCE) return err(`a pattern has at most ${MAX_SOURCE} characters`);
  const read = readEither([...source], 0, 0);
  if (read.kind === 'error') return read;
  return read.value.end === [...source].length ? ok(read.value.value) : err('a ) closes nothing');
}

type Source = readonly string[];

function readEither(source: Source, from: number, depth: number): Read<Node> {
  if (depth > MAX_DEPTH) return err('groups are nested too deeply');
  const options: Node[] = [];
  let at = from - 1;
  do {
    const option = readSequence(source, at + 1, depth);
    if (option.kind === 'error') return option;
    options.push(option.value.value);
    at = option.value.end;
  } while (source[at] === '|');
  const [only] = options;
  const value: Node =
    only !== undefined && options.length === 1 ? only : { kind: 'either', options };
  return ok({ value, end: at });
}

function readSequence(source: Source, from: number, depth: number): Read<Node> {
  const parts: Node[] = [];
  let at = from;
  while (at < source.length && source[at] !== '|' && source[at] !== ')') {
    const atom = readAtom(source, at, depth);
    if (atom.kind === 'error') return atom;
    const part = readRepeat(source, atom.value.end, atom.value.value);
    if (part.kind === 'error') return part;
    parts.push(part.value.value);
    at = part.value.end;
  }
  return ok({ value: { kind: 'sequence', parts }, end: at });
}

function readAtom(source: Source, at: number, depth: number): Read<Node> {
  const character = source[at] ?? '';
  switch (character) {
    case '(':
      return readGroup(source, at + 1, depth);
    case '[':
      return readClass(source, at + 1);
    case '\\':
      return readEscape(source, at + 1);
    case '.':
      return one((other) => other !== '\n', at + 1);
    case '*':
    case '+':
    case '?':
    case '{':
      return err(`nothing stands before ${character}`);
    case '^':
    case '$':
      return err(`${character} is not needed: the whole value is matched`);
    default:
      return one((other) => other === character, at + 1);
  }
}

function readGroup(source: Source, from: number, depth: number): Read<Node> {
  const plain = source[from] === '?' && source[from + 1] === ':';
  if (source[from] === '?' && !plain) return err('of the (? groups only (?: is known');
  const inner = readEither(source, plain ? from + 2 : from, depth + 1);
  if (inner.kind === 'error') return inner;
  if (source[inner.value.end] !== ')') return err('a ( is not closed');
  return ok({ value: inner.value.value, end: inner.value.end + 1 });
}

function readClass(source: Source, from: number): Read<Node> {
  const negated = source[from] === '^';
  const members: Accepts[] = [];
  let at = negated ? from + 1 : from;
  // A ] right after the opening stands for itself.
  for (let first = at; at === first || source[at] !== ']'; ) {
    const member = readMember(source, at);
    if (member.kind === 'error') return member;
    members.push(member.value.value);
    at = member.value.end;
  }
  const accepts: Accepts = (character) =>
    members.some((member) => member(character)) !== negated;
  return one(accepts, at + 1);
}

function readMember(source: Source, at: number): Read<Accepts> {
  const low = source[at];
  if (low === undefined) return err('a [ is not closed');
  if (low === '\\') return escapeAt(source, at + 1);
  const high = source[at + 2];
  if (source[at + 1] !== '-' || high === undefined || high === ']') {
    return ok({ value: (character) => character === low, end: at + 1 });
  }
  if (high === '\\' || high < low) return err(`the range ${low}-${high} is empty`);
  return ok({ value: (character) => character >= low && character <= high, end: at + 3 });
}

function readEscape(source: Source, at: number): Read<Node> {
  const escape = escapeAt(source, at);
  return escape.kind === 'error' ? escape : one(escape.value.value, escape.value.end);
}

const CLASSES: Readonly<Record<string, Accepts>> = {
  d: (character) => /^\d$/.test(character),
  w: (character) => /^\w$/.test(character),
  s: (character) => /^\s$/.test(character),
};

function escapeAt(source: Source, at: number): Read<Accepts> {
  const letter = source[at];
  if (letter === undefined) return err('a backslash ends the pattern');
  const known = CLASSES[letter.toLowerCase()];
  const end = at + 1;
  if (known !== undefined) {
    const opposite = letter !== letter.toLowerCase();
    return ok({ value: (character) => known(character) !== opposite, end });
  }
  if (/^[a-zA-Z0-9]$/.test(letter)) return err(`\\${letter} is not known`);
  return ok({ value: (character) => character === letter, end });
}

function readRepeat(source: Source, at: number, part: Node): Read<Node> {
  switch (source[at]) {
    case '*':
      return repeated(part, { least: 0, most: 'unbounded', end: at + 1 });
    case '+':
      return repeated(part, { least: 1, most: 'unbounded', end: at + 1 });
    case '?':
      return repeated(part, { least: 0, most: 1, end: at + 1 });
    case '{':
      return readCount(source, at, part);
    default:
      return ok({ value: part, end: at });
  }
}

function readCount(source: Source, at: number, part: Node): Read<Node> {
  const text = /^\{(\d{1,3})(,)?(\d{1,3})?\}/.exec(source.slice(at, at + 10).join(''));
  const [whole, low, comma, high] = text ?? [];
  if (whole === undefined || (comma === undefined && high !== undefined)) {
    return err('a { is not followed by a count');
  }
  const least = Number(low);
  const most = comma === undefined ? least : high === undefined ? 'unbounded' : Number(high);
  if (least > MAX_REPEAT || (most !== 'unbounded' && (most > MAX_REPEAT || most < least))) {
    return err(`counts rise and are at most ${MAX_REPEAT}`);
  }
  return repeated(part, { least, most, end: at + whole.length });
}

function repeated(
  part: Node,
  count: { readonly least: number; readonly most: number | 'unbounded'; readonly end: number },
): Read<Node> {
  const { least, most, end } = count;
  return ok({ value: { kind: 'repeat', part, least, most }, end });
}

function one(accepts: Accepts, end: number): Read<Node> {
  return ok({ value: { kind: 'character', accepts }, end });
}
