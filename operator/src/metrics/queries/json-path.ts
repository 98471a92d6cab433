// The path of a web query through JSON: names with dots, [n], ['key']; $ for the whole. Looks at own
// properties only, so that no answer can lead it elsewhere.
import { type Result, err, ok } from '../../lib/result.ts';

export type PathSegment = string | number;

const SEGMENT = /\.?([-_A-Za-z0-9]+)|\[(\d{1,6})\]|\['([^']*)'\]/y;

/** The schema has refused what is no path; what it let through is read whole. */
export function parseJsonPath(path: string): readonly PathSegment[] {
  const segments: PathSegment[] = [];
  SEGMENT.lastIndex = path.startsWith('$') ? 1 : 0;
  for (;;) {
    const match = SEGMENT.exec(path);
    if (!match) return segments;
    const [, name, index, key] = match;
    segments.push(index === undefined ? (name ?? key ?? '') : Number(index));
  }
}

/** What stands at the path, or how far one comes. */
export function valueAt(json: unknown, segments: readonly PathSegment[]): Result<unknown, string> {
  let here = json;
  let path = '$';
  for (const segment of segments) {
    const next = step(here, segment);
    path = typeof segment === 'number' ? `${path}[${segment}]` : `${path}.${segment}`;
    if (next === undefined) return err(path);
    here = next;
  }
  return ok(here);
}

function step(here: unknown, segment: PathSegment): unknown {
  if (typeof here !== 'object' || here === null) return undefined;
  if (typeof segment === 'number' && !Array.isArray(here)) return undefined;
  return Object.getOwnPropertyDescriptor(here, segment)?.value;
}
