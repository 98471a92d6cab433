// What a template is compared by. Made once per template as the cache holds it: templates are the
// largest thing a reconcile looks at, and they seldom change.
import { createHash } from 'node:crypto';
import { type PodTemplate, shortHash, templateText } from '../rollout/revision.ts';

export interface TemplateIdentity {
  /** Equal digests mean equal templates, for all practical purposes. */
  readonly digest: string;
  /** The label value of its pods. */
  readonly hash: string;
}

const known = new WeakMap<PodTemplate, TemplateIdentity>();

/** The identity of a template that nobody changes any more. */
export function identityOf(template: PodTemplate): TemplateIdentity {
  const before = known.get(template);
  if (before) return before;
  const text = templateText(template);
  const digest = createHash('sha256').update(text).digest('base64url');
  const identity = { digest, hash: shortHash(text) };
  known.set(template, identity);
  return identity;
}
