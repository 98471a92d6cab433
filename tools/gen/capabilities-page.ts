// docs/capabilities.md, from the names of tests and the lines of docs/SCOPE.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  capabilityParts,
  capabilityProblems,
  type CapabilityFacts,
} from '../docs/capabilities.ts';
import { CAPABILITY_ROWS } from '../docs/capability-rows.ts';
import { capabilityTests } from '../docs/capability-tests.ts';
import { ROOT } from '../docs/pages.ts';
import { scopeLines } from '../docs/scope-lines.ts';
import { page, type Page } from './markdown.ts';

const facts = (): CapabilityFacts => ({
  rows: CAPABILITY_ROWS,
  tests: capabilityTests(),
  scope: scopeLines(readFileSync(join(ROOT, 'docs/SCOPE.md'), 'utf8')),
});

export function capabilitiesPage(): Page {
  return page('docs/capabilities.md', 'Capabilities', capabilityParts(facts()));
}

/** What is wrong with the claims of this repository. */
export const capabilityMistakes = (): string[] => capabilityProblems(facts());
