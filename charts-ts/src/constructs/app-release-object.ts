// An AppRelease, checked while it is rendered by the same parser as the operator's.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { API_GROUP_VERSION } from '../../../operator/src/api/group.ts';
import { LABEL } from '../../../operator/src/api/labels.ts';
import { parseSpec } from '../../../operator/src/api/parse.ts';

export interface AppReleaseObjectProps {
  /** At most 52 characters: names of Services are made from it. */
  readonly name: string;
  readonly spec: AppReleaseSpecInput;
  /** The operator installation that acts on it. @default - `slipway` */
  readonly instance?: string;
}

const MAX_NAME_LENGTH = 52;

/** Throws when the spec makes no sense, naming each field. */
export class AppReleaseObject extends Construct {
  constructor(scope: Construct, id: string, { name, spec, instance }: AppReleaseObjectProps) {
    super(scope, id);
    refuseNonsense(name, spec);
    new ApiObject(this, 'Resource', {
      apiVersion: API_GROUP_VERSION,
      kind: 'AppRelease',
      metadata: { name, ...(instance ? { labels: { [LABEL.instance]: instance } } : {}) },
      spec,
    });
  }
}

function refuseNonsense(name: string, spec: AppReleaseSpecInput): void {
  const parsed = parseSpec(spec);
  const wrong = parsed.kind === 'valid' ? [] : parsed.violations;
  const lines = wrong.map(({ field, message }) => `${field}: ${message}`);
  if (name.length > MAX_NAME_LENGTH) {
    lines.push(`metadata.name: can have at most ${MAX_NAME_LENGTH} characters`);
  }
  if (lines.length > 0) throw new Error(`AppRelease ${name}:\n${lines.join('\n')}`);
}
