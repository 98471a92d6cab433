// An AppRelease, checked while it is rendered by the same parser as the operator's.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { API_GROUP_VERSION } from '../../../operator/src/api/group.ts';
import { LABEL } from '../../../operator/src/api/labels.ts';
import { parseSpec } from '../../../operator/src/api/parse.ts';
import { checkSelf, type Problem } from '../checks/finding.ts';

export interface AppReleaseObjectProps {
  /** At most 52 characters: names of Services are made from it. */
  readonly name: string;
  readonly spec: AppReleaseSpecInput;
  /** The operator installation that acts on it. @default - `slipway` */
  readonly instance?: string;
}

const MAX_NAME_LENGTH = 52;

/** What the operator would refuse is a finding, field by field. */
export class AppReleaseObject extends Construct {
  constructor(scope: Construct, id: string, { name, spec, instance }: AppReleaseObjectProps) {
    super(scope, id);
    checkSelf(this, () => problemsOf(name, spec));
    new ApiObject(this, 'Resource', {
      apiVersion: API_GROUP_VERSION,
      kind: 'AppRelease',
      metadata: { name, ...(instance ? { labels: { [LABEL.instance]: instance } } : {}) },
      spec,
    });
  }
}

function problemsOf(name: string, spec: AppReleaseSpecInput): readonly Problem[] {
  const parsed = parseSpec(spec);
  const remedy = `See docs/reference for AppRelease ${name}`;
  const wrong = parsed.kind === 'valid' ? [] : parsed.violations;
  const problems = wrong.map(({ field, message }) => ({ field, problem: message, remedy }));
  if (name.length <= MAX_NAME_LENGTH) return problems;
  const problem = `${name.length} characters, and names of Services are made from it`;
  return [...problems, { field: 'metadata.name', problem, remedy: `Use at most ${MAX_NAME_LENGTH}` }];
}
