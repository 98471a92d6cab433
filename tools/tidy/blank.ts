// Blanks out comments and the contents of literals, so that rules see code only. Offsets and line
// breaks stay where they were. A scan, not a parser: good for tidy source, which is what it checks.

type Skip = { readonly end: number; readonly keepEnds: boolean };

const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of))\s*$/;

/** `text` with comments and the insides of strings, templates and regular expressions as spaces. */
export function blank(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const skip = skipAt(text, at, out);
    if (skip === undefined) {
      out += text[at] ?? '';
      at += 1;
      continue;
    }
    const part = text.slice(at, skip.end);
    out += skip.keepEnds && part.length >= 2
      ? (part[0] ?? '') + spaces(part.slice(1, -1)) + (part.at(-1) ?? '')
      : spaces(part);
    at = skip.end;
  }
  return out;
}

function spaces(part: string): string {
  return part.replace(/[^\n]/g, ' ');
}

function skipAt(text: string, at: number, before: string): Skip | undefined {
  const char = text[at];
  if (char === '/' && text[at + 1] === '/') return { end: endOf(text, '\n', at), keepEnds: false };
  if (char === '/' && text[at + 1] === '*') {
    return { end: Math.min(text.length, endOf(text, '*/', at + 2) + 2), keepEnds: false };
  }
  if (char === "'" || char === '"') return { end: endOfQuoted(text, at, char), keepEnds: true };
  if (char === '`') return { end: endOfTemplate(text, at), keepEnds: true };
  if (char === '/' && BEFORE_REGEX.test(before.slice(-20))) {
    return { end: endOfRegex(text, at), keepEnds: true };
  }
  return undefined;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote || text[at] === '\n') return at + 1;
  }
  return text.length;
}

/* What stands in ${} is skipped as well: a rule that misses a call in there is a price worth
   paying for a scan of forty lines. Nested templates are followed. */
function endOfTemplate(text: string, start: number): number {
  let depth = 0;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '$' && text[at + 1] === '{') {
      depth += 1;
      at += 1;
    } else if (char === '}' && depth > 0) depth -= 1;
    else if (char === '`' && depth > 0) at = endOfTemplate(text, at) - 1;
    else if (char === '`') return at + 1;
  }
  return text.length;
}

function endOfRegex(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return start + 1;
}
