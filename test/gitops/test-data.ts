// AppReleases for the Lua scripts' test data: each status is what the operator's own decision and
// status code write for a described situation. `node test/gitops/test-data.ts` writes them anew.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { API_GROUP_VERSION } from '../../operator/src/api/group.ts';
import { ANNOTATION } from '../../operator/src/api/labels.ts';
import { decide } from '../../operator/src/rollout/decide.ts';
import type { Snapshot } from '../../operator/src/rollout/snapshot.ts';
import { statusOf } from '../../operator/src/rollout/status.ts';
import { release, type ReleaseBuilder } from '../../operator/src/rollout/testing/builders.ts';
import { at, NOW, set } from '../../operator/src/rollout/testing/sets.ts';

export const CUSTOMIZATIONS = join(
  import.meta.dirname,
  '../../charts-ts/src/gitops/resource_customizations',
);
const APP_RELEASE = join(CUSTOMIZATIONS, 'slipway.dev/AppRelease');

interface Situation {
  readonly at: ReleaseBuilder;
  /** Of the object; the status was written at generation 1. */
  readonly generation?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

const trying = () =>
  release()
    .steps({ weight: 20 }, { verify: { seconds: 60 } }, { pause: {} }, { weight: 50 })
    .stable(set().ready(8))
    .candidate(set().ready(2))
    .remembers({ weight: { desired: 20, observed: 20 } });
const onHold = { pausedBy: { by: 'ann', at: NOW, reason: 'lunch' } };
const atRest = () => release().stable(set().ready(10));

export const SITUATIONS = {
  healthy: { at: atRest() },
  healthy_newGeneration: { at: atRest(), generation: 2 },
  healthy_imagesServe: { at: atRest(), annotations: { [ANNOTATION.images]: 'shop:6' } },
  healthy_imagesAwaited: { at: atRest(), annotations: { [ANNOTATION.images]: 'shop:7' } },
  progressing_waitingForConfig: {
    at: atRest().with({ wanted: { hash: 'new', images: ['shop:7'], settledAt: at(2) } }),
  },
  progressing_weight: {
    at: trying().stepping(0, { waitingSince: NOW }).candidate(set().ready(1).notReady(1)),
  },
  progressing_verify: { at: trying().judged({}).stepping(1) },
  paused_pauseStep: { at: trying().stepping(2) },
  paused_byAction: { at: trying().stepping(2).remembers(onHold) },
  progressing_promoting: { at: trying().candidate(set().ready(5)).promoting() },
  progressing_firstRelease: { at: release().wants({ hash: 'first' }) },
  degraded_firstReleaseFailed: {
    at: release().candidate(set().troubled('ImageUnavailable')).stepping(0),
  },
  degraded_rollingBack: { at: trying().rollingBack() },
  degraded_rolledBack: {
    at: atRest().candidate(set().outcome('failed', 'ChecksFailed')).rolledBack({
      message: 'errors at the candidate: 12 of 240 requests, stable 1 of 960; evidence 131 of 100',
    }),
  },
  degraded_stableUnavailable: { at: release().stable(set().notReady(10)) },
  degraded_blocked: { at: atRest().spec({ replicas: -1 }) },
} as const satisfies Record<string, Situation>;

export type SituationName = keyof typeof SITUATIONS;

/** The AppRelease in that situation, as the API server would return it. */
export function appReleaseIn({ at: builder, generation = 1, annotations }: Situation): object {
  const snapshot = builder.build();
  const { spec } = snapshot.release;
  return {
    apiVersion: API_GROUP_VERSION,
    kind: 'AppRelease',
    metadata: {
      name: 'shop',
      namespace: 'bank',
      uid: '5c1a7e0e-3b0f-4c1b-9a53-0d6f5a7d2c11',
      generation,
      annotations: {
        'argocd.argoproj.io/tracking-id': 'bank-prod:slipway.dev/AppRelease:bank/shop',
        ...annotations,
      },
    },
    spec: spec.kind === 'valid' ? spec.value : {},
    status: statusIn(snapshot),
  };
}

function statusIn(snapshot: Snapshot) {
  const decision = decide(snapshot, NOW);
  return statusOf({ snapshot, decision, now: NOW }, {}, { selector: 'app=shop', controllerEpoch: 1 });
}

const HEADER = '# Written by `node test/gitops/test-data.ts` from the operator\'s own code.\n';

/** Path of each file, below the folder of AppRelease, and its text. */
export function testDataFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries<Situation>(SITUATIONS).map(([name, situation]) => [
      `testdata/${name}.yaml`,
      HEADER + stringify(appReleaseIn(situation), { lineWidth: 0, aliasDuplicateObjects: false }),
    ]),
  );
}

if (import.meta.main) {
  for (const [file, text] of testDataFiles()) {
    const path = join(APP_RELEASE, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
