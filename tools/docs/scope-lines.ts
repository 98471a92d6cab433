// The lines of docs/SCOPE.md that begin with the id of a capability: why it is not shown, or what of
// it is missing though a test shows a part.

export interface ScopeLine {
  readonly id: string;
  readonly kind: 'notYet' | 'inPart';
  readonly why: string;
}

const LINE = /^(?:[-*] +)?\**([TSDBM]\d+)\**( in part)?\**[:.,]?\**:? +(.+(?:\n {2,}\S.*)*)$/gm;

/** The lines of that text, in their order; a line may go on, indented. */
export function scopeLines(text: string): ScopeLine[] {
  return [...text.matchAll(LINE)].map(([, id = '', part, why = '']) => ({
    id,
    kind: part === undefined ? 'notYet' : 'inPart',
    why: why.replaceAll(/\s+/g, ' '),
  }));
}
