// The AppRelease's specification, as far as it can be read.
import { parseSpec } from '../../api/parse.ts';
import type { ReleaseView } from '../../rollout/snapshot.ts';
import type { ReleaseObject } from '../projections.ts';
import { counterViolations } from '../sample-pods.ts';
import { specForHandBack } from './hand-back-spec.ts';

/** Giving pods back, or going back, needs no more than a part of the specification. */
export function parseFor({ isDeleted, spec }: ReleaseObject): ReleaseView['spec'] {
  const parsed = parseWhole(spec);
  if (parsed.kind === 'valid') return parsed;
  const partial = specForHandBack(spec);
  if (partial?.kind !== 'valid') return parsed;
  return isDeleted ? partial : { ...parsed, partial: partial.value };
}

function parseWhole(raw: unknown): ReturnType<typeof parseSpec> {
  const parsed = parseSpec(raw);
  if (parsed.kind === 'invalid') return parsed;
  const violations = counterViolations(parsed.value);
  return violations.length > 0 ? { kind: 'invalid', violations } : parsed;
}
