// What is wrong with what would be rendered: where, which field, and what to do about it.
import type { IConstruct } from 'constructs';

/** One mistake, in the terms of the person who can undo it. */
export interface Problem {
  /** Path of the field, of the object or of the construct's props. */
  readonly field: string;
  /** What is wrong, without a full stop. */
  readonly problem: string;
  /** What to do instead, without a full stop. */
  readonly remedy: string;
}

/** A problem and the path of the construct that has it. */
export interface Finding extends Problem {
  readonly path: string;
}

/** All that is wrong, in one error: `findings` has the parts, the message one line for each. */
export class SynthError extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
    super([`${count}, nothing is rendered:`, ...findings.map(findingLine)].join('\n'));
    this.name = 'SynthError';
    this.findings = findings;
  }
}

/** `path: field: problem. Remedy.` */
export function findingLine({ path, ...problem }: Finding): string {
  return `${path}: ${problemText(problem)}`;
}

/** `field: problem. Remedy.` */
export function problemText({ field, problem, remedy }: Problem): string {
  return `${field}: ${problem}. ${remedy}.`;
}

const CHECKED = new WeakMap<IConstruct, (() => readonly Problem[])[]>();

/**
 * Lets a construct look at its own props when everything is there. cdk8s' own `app.synth()` stops at
 * the same problems.
 */
export function checkSelf(construct: IConstruct, check: () => readonly Problem[]): void {
  CHECKED.set(construct, [...(CHECKED.get(construct) ?? []), check]);
  construct.node.addValidation({ validate: () => check().map(problemText) });
}

/** What constructs at and below `root` find wrong with themselves. */
export function ownFindings(root: IConstruct): readonly Finding[] {
  return root.node.findAll().flatMap((construct) =>
    (CHECKED.get(construct) ?? [])
      .flatMap((check) => check())
      .map((problem) => ({ path: pathOf(construct), ...problem })),
  );
}

/** The construct's path; `Resource`, the object of a construct of the same meaning, is left out. */
export function pathOf({ node }: IConstruct): string {
  return node.path.replace(/(?:\/Resource)+$/, '');
}
