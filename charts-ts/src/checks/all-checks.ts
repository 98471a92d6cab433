// Every check by name, and the gate that nothing wrong gets through.
import type { IConstruct } from 'constructs';
import { checkConnections } from './connection-check.ts';
import { checkDisruption } from './disruption-check.ts';
import { checkDrain } from './drain-check.ts';
import { ownFindings, SynthError, type Finding } from './finding.ts';
import { checkImages } from './image-check.ts';
import { checkScaling } from './scaling-check.ts';
import { checkSecrets } from './secret-check.ts';
import { checkSelectors } from './selector-check.ts';
import { readWorld, type Check } from './world.ts';

export const CHECKS = {
  selectors: checkSelectors,
  connections: checkConnections,
  drain: checkDrain,
  disruption: checkDisruption,
  scaling: checkScaling,
  images: checkImages,
  secrets: checkSecrets,
} as const satisfies Record<string, Check>;

/** Everything that is wrong under `root`: what constructs say of themselves, then each check. */
export function findingsIn(root: IConstruct): readonly Finding[] {
  const own = ownFindings(root);
  const world = readWorld(root);
  return [...own, ...Object.values(CHECKS).flatMap((check) => check(world))];
}

/** Throws a SynthError with all findings at once. Call it before anything is written. */
export function refuseFindings(root: IConstruct): void {
  const findings = findingsIn(root);
  if (findings.length > 0) throw new SynthError(findings);
}
