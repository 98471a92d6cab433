// One sample line of the text formats: `name{label="value",...} number [timestamp] [# exemplar]`,
// also with a quoted name inside the braces. Timestamps and exemplars are passed over.
import { type Result, err, ok } from '../lib/result.ts';

export type SampleLine = {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN or infinite, as the page says. */
  readonly value: number;
};

/** More labels than this on one series are refused. */
const MAX_LABELS = 64;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BLANK = /[ \t]/;

export function isMetricName(name: string): boolean {
  return NAME.test(name);
}

/** The name before `{` or a blank; undefined where it stands inside the braces. */
export function sampleLineName(line: string): string | undefined {
  const brace = line.indexOf('{');
  if (brace === 0) return undefined;
  const blank = line.search(BLANK);
  const ends = [brace, blank].filter((index) => index > 0);
  return ends.length === 0 ? line : line.slice(0, Math.min(...ends));
}

/** Reads a whole line, already trimmed. The error says what was expected. */
export function readSampleLine(line: string): Result<SampleLine, string> {
  const plainName = sampleLineName(line) ?? '';
  const braceAt = skipBlanks(line, plainName.length);
  if (line[braceAt] !== '{') {
    return withValue(line, braceAt, { name: plainName, labels: new Map() });
  }
  const labels = readLabels(line, braceAt + 1);
  if (labels.kind === 'error') return labels;
  const { end, quotedName } = labels.value;
  if (plainName !== '' && quotedName !== undefined) return err('expected one name, found two');
  const name = quotedName === undefined ? plainName : underscored(quotedName);
  return withValue(line, end, { name, labels: labels.value.labels });
}

type Head = { readonly name: string; readonly labels: ReadonlyMap<string, string> };

function withValue(line: string, from: number, head: Head): Result<SampleLine, string> {
  if (!isMetricName(head.name)) return err('expected a metric name');
  const [value, next] = line.slice(from).trim().split(/[ \t]+/, 2);
  const number = value === undefined ? undefined : readNumber(value);
  if (number === undefined) return err('expected a number');
  if (next !== undefined && next !== '#' && readNumber(next) === undefined) {
    return err('expected a timestamp or an exemplar after the number');
  }
  return ok({ ...head, value: number });
}

type Labels = {
  readonly labels: ReadonlyMap<string, string>;
  readonly quotedName: string | undefined;
  /** Index after the closing brace. */
  readonly end: number;
};

function readLabels(line: string, from: number): Result<Labels, string> {
  const labels = new Map<string, string>();
  let quotedName: string | undefined;
  let at = skipBlanks(line, from);
  while (line[at] !== '}') {
    const name = readLabelName(line, at);
    if (name.kind === 'error') return name;
    at = skipBlanks(line, name.value.end);
    if (line[at] === '=') {
      const value = readQuoted(line, skipBlanks(line, at + 1));
      if (value.kind === 'error') return value;
      const key = underscored(name.value.text);
      if (labels.has(key)) return err('expected each label once');
      labels.set(key, value.value.text);
      if (labels.size > MAX_LABELS) return err(`expected at most ${MAX_LABELS} labels`);
      at = skipBlanks(line, value.value.end);
    } else if (quotedName === undefined && name.value.quoted === 'quoted') {
      quotedName = name.value.text;
    } else {
      return err('expected = after a label name');
    }
    if (line[at] === ',') at = skipBlanks(line, at + 1);
    else if (line[at] !== '}') return err('expected , or } after a label');
  }
  return ok({ labels, quotedName, end: at + 1 });
}

type Token = { readonly text: string; readonly end: number };

function readLabelName(
  line: string,
  from: number,
): Result<Token & { readonly quoted: 'quoted' | 'plain' }, string> {
  if (line[from] === '"') {
    const token = readQuoted(line, from);
    return token.kind === 'error' ? token : ok({ ...token.value, quoted: 'quoted' });
  }
  let end = from;
  while (end < line.length && isNameCharacter(line.charCodeAt(end))) end += 1;
  return end === from
    ? err('expected a label name')
    : ok({ text: line.slice(from, end), end, quoted: 'plain' });
}

function readQuoted(line: string, from: number): Result<Token, string> {
  if (line[from] !== '"') return err('expected a quoted value');
  const close = closingQuote(line, from + 1);
  if (close === -1) return err('expected a closing quote');
  return ok({ text: unescaped(line.slice(from + 1, close)), end: close + 1 });
}

function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === '"') return at;
  }
  return -1;
}

/** Only these three escapes exist; any other backslash stands for itself. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(["\\n])/g, (_, character: string) =>
    character === 'n' ? '\n' : character,
  );
}

function readNumber(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  switch (text.toLowerCase()) {
    case 'nan':
      return Number.NaN;
    case 'inf':
    case '+inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

/** A name with other characters, in the spelling it has where only the classic ones are allowed. */
function underscored(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_');
}

function isNameCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 58
  );
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t') at += 1;
  return at;
}
