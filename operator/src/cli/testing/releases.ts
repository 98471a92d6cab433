// AppReleases and Deployments for tests: a release in the middle, and what a test changes about it.
import type { AppReleaseStatus } from '../../api/app-release.ts';
import type { FakeStore } from '../../kube/testing/fake-store.ts';
import type { RawObject } from '../../kube/resource.ts';
import { APP_RELEASES, DEPLOYMENTS, RELEASE_ACTIONS } from '../cluster.ts';
import { toReleaseView, type ReleaseView } from '../release-view.ts';

const AT = '2026-11-21T09:58:00.000Z';

export const SPEC = {
  workloadRef: { name: 'ledger' },
  replicas: 4,
  strategy: {
    canary: {
      steps: [{ weight: 5 }, { verify: { seconds: 60 } }, { weight: 25 }, { pause: {} }, { weight: 50 }],
    },
  },
  checks: { scrape: {}, errorRate: {} },
};

const STABLE = {
  revision: 6,
  podTemplateHash: '5c9d',
  replicaSet: 'ledger-r6-5c9d',
  images: ['ghcr.io/bank/ledger:1.0.0'],
};
const CANDIDATE = {
  revision: 7,
  podTemplateHash: '77aa',
  replicaSet: 'ledger-r7-77aa',
  images: ['ghcr.io/bank/ledger:1.1.0'],
};

/** Revision 7 in its second of five steps, at 5 %. */
export const UNDER_WAY: AppReleaseStatus = {
  observedGeneration: 3,
  workload: { generation: 12, observedAt: AT },
  phase: 'Progressing',
  message: 'step 2/5 verify at 5 %: 1,204 canary requests, 0 errors; evidence 0.02 of 100',
  stage: 'Stepping',
  stable: STABLE,
  candidate: CANDIDATE,
  step: { index: 1, kind: 'verify', startedAt: AT },
  steps: '2/5',
  weight: { desired: 5, observed: 5 },
  conditions: [condition('Ready', 'False', 'StepStarted'), condition('Available', 'True', 'UpToDate')],
  checks: [
    {
      name: 'errors',
      state: 'evidence',
      evidence: 0.02,
      threshold: 100,
      canary: { requests: 1204, errors: 0 },
      stable: { requests: 22_876, errors: 3 },
    },
  ],
  history: [
    {
      revision: 6,
      outcome: 'Promoted',
      reason: 'Promoted',
      message: 'all steps passed',
      finishedAt: '2026-11-21T09:00:00Z',
    },
  ],
};

export const HEALTHY: AppReleaseStatus = {
  observedGeneration: 3,
  workload: { generation: 12, observedAt: AT },
  phase: 'Healthy',
  message: 'revision 7 serves everything',
  stage: 'Idle',
  stable: CANDIDATE,
  weight: { desired: 0, observed: 0 },
  conditions: [condition('Ready', 'True', 'UpToDate')],
};

export const ROLLED_BACK: AppReleaseStatus = {
  ...UNDER_WAY,
  phase: 'RolledBack',
  stage: 'RolledBack',
  message: 'rolled back to revision 6: 20 % of the answers were errors',
  weight: { desired: 0, observed: 0 },
  rollback: { reason: 'ChecksFailed', message: '20 % of the answers were errors', at: AT },
  conditions: [condition('Ready', 'False', 'ChecksFailed'), condition('Available', 'True', 'UpToDate')],
};

export function condition(type: string, status: 'True' | 'False', reason: string) {
  return { type, status, reason, message: `${type} is ${status}`, lastTransitionTime: AT };
}

export interface ReleaseParts {
  readonly spec?: object;
  readonly status?: AppReleaseStatus;
  readonly generation?: number;
}

export function releaseObject({ spec = SPEC, status = UNDER_WAY, generation = 3 }: ReleaseParts): RawObject {
  return { metadata: { namespace: 'bank', name: 'ledger', generation }, spec, status };
}

export function releaseView(parts: ReleaseParts = {}): ReleaseView {
  return toReleaseView(releaseObject(parts));
}

/** Puts the release and its Deployment at generation 12 (or another) into the cluster. */
export function putRelease(
  store: FakeStore,
  parts: ReleaseParts & { readonly workloadGeneration?: number } = {},
): void {
  store.put(APP_RELEASES, releaseObject(parts));
  const generation = parts.workloadGeneration ?? 12;
  store.put(DEPLOYMENTS, { metadata: { namespace: 'bank', name: 'ledger', generation } });
}

/** What the operator would do with every open ReleaseAction. */
export function answerActions(store: FakeStore, phase: string, message: string): void {
  for (const action of store.list(RELEASE_ACTIONS)) {
    store.put(RELEASE_ACTIONS, { ...action, status: { phase, message } });
  }
}
