import { describe, expect, it } from '@jest/globals';
import { isDue } from './first-look.ts';
import { type DeploymentObject, projectDeployment, projectRelease, type ReleaseObject } from './projections.ts';

const release = ({ status = {}, deleted = false }: { status?: object; deleted?: boolean } = {}) =>
  projectRelease({
    metadata: {
      name: 'web',
      namespace: 'shop',
      generation: 3,
      ...(deleted ? { deletionTimestamp: '2026-11-21T10:00:00Z' } : {}),
    },
    status: { observedGeneration: 3, stage: 'Idle', workload: { generation: 7 }, ...status },
  });

const deployment = (generation: number) =>
  projectDeployment({ metadata: { name: 'web', namespace: 'shop', generation }, spec: {} });

const cases: Record<string, [ReleaseObject, DeploymentObject | undefined, boolean]> = {
  'one at rest, dealt with as it is': [release(), deployment(7), false],
  'one rolled back, dealt with as it is': [release({ status: { stage: 'RolledBack' } }), deployment(7), false],
  'one with an inline template at rest': [release(), undefined, false],
  'one whose Deployment has changed': [release(), deployment(8), true],
  'one whose spec has changed': [release({ status: { observedGeneration: 2 } }), deployment(7), true],
  'one under way': [release({ status: { stage: 'Stepping' } }), deployment(7), true],
  'one without a status': [release({ status: { stage: undefined } }), deployment(7), true],
  'one to be deleted': [release({ deleted: true }), deployment(7), true],
};

describe('which releases a new leader looks at first', () => {
  it.each(Object.entries(cases))('%s', (_name, [one, workload, want]) => {
    expect(isDue(one, workload)).toBe(want);
  });
});
