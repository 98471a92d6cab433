// The reference page of phases: what conditions, kstatus (Flux, kubectl wait), Argo CD and the exit
// code of `kubectl slipway wait` say in each. Computed by the code that writes status and that waits.
import type { AppReleaseStatus, Condition, Phase } from '../../operator/src/api/app-release-status.ts';
import { PHASES } from '../../operator/src/api/app-release-status.ts';
import type { Reason } from '../../operator/src/api/reasons.ts';
import { EXIT } from '../../operator/src/cli/exit-code.ts';
import { judgeWait, type Goal } from '../../operator/src/cli/judge-wait.ts';
import { instant } from '../../operator/src/lib/instant.ts';
import type { Snapshot } from '../../operator/src/rollout/snapshot.ts';
import { NEW_STATE } from '../../operator/src/rollout/state.ts';
import { statusOf } from '../../operator/src/rollout/status.ts';
import { code, page, table, type Page } from './markdown.ts';

export type ArgoHealth = 'Healthy' | 'Progressing' | 'Suspended' | 'Degraded';

interface PhaseText {
  readonly meaning: string;
  readonly argo: ArgoHealth;
  /** A reason for which the phase is often seen. */
  readonly example: Reason;
}

export const PHASE_TEXT = {
  Healthy: { meaning: 'The wanted version serves everything.', argo: 'Healthy', example: 'UpToDate' },
  Progressing: { meaning: 'A release is on its way.', argo: 'Progressing', example: 'StepStarted' },
  Paused: { meaning: 'A release is held until something happens.', argo: 'Suspended', example: 'PauseStep' },
  RolledBack: { meaning: 'The wanted version was taken back.', argo: 'Degraded', example: 'ChecksFailed' },
  Degraded: {
    meaning: 'What serves is not well, and there is nothing to go back to.',
    argo: 'Degraded',
    example: 'FirstReleaseFailed',
  },
  Blocked: { meaning: 'Nothing can be done before a person acts.', argo: 'Degraded', example: 'ServiceNotFound' },
} as const satisfies Record<Phase, PhaseText>;

const SHOWN = ['Ready', 'Reconciling', 'Stalled', 'Paused'] as const;

export interface PhaseRow {
  readonly phase: Phase;
  readonly conditions: Readonly<Record<(typeof SHOWN)[number], Condition['status']>>;
  readonly kstatus: 'Current' | 'InProgress' | 'Failed';
  readonly argo: ArgoHealth;
  /** Exit codes of `wait`, as text: a phase that may pass is waited out first. */
  readonly waitHealthy: string;
  readonly waitRolledBack: string;
}

export function phaseRows(): PhaseRow[] {
  return PHASES.map((phase) => {
    const status = statusIn(phase);
    return {
      phase,
      conditions: {
        Ready: valueOf(status, 'Ready'),
        Reconciling: valueOf(status, 'Reconciling'),
        Stalled: valueOf(status, 'Stalled'),
        Paused: valueOf(status, 'Paused'),
      },
      kstatus: kstatusOf(status),
      argo: PHASE_TEXT[phase].argo,
      waitHealthy: exitText(status, 'healthy'),
      waitRolledBack: exitText(status, 'rolledback'),
    };
  });
}

export function statusPage(): Page {
  const rows = phaseRows();
  return page('docs/reference/status.md', 'Phases and conditions', [
    table(
      ['phase', 'meaning', 'a reason for it'],
      rows.map(({ phase }) => [code(phase), PHASE_TEXT[phase].meaning, code(PHASE_TEXT[phase].example)]),
    ),
    'What others make of it. kstatus is how Flux and `kubectl wait`-like tools read conditions; the Argo CD ' +
      'column is what a health check for AppRelease returns; `-` means that `wait` goes on waiting.',
    table(
      ['phase', ...SHOWN, 'kstatus', 'Argo CD', '`wait`', '`wait --for rolledback`'],
      rows.map((row) => [
        code(row.phase),
        ...SHOWN.map((type) => row.conditions[type]),
        row.kstatus,
        row.argo,
        row.waitHealthy,
        row.waitRolledBack,
      ]),
    ),
    'Nothing of this counts before `status.observedGeneration` and, with `workloadRef`, ' +
      '`status.workload.generation` have caught up with what was written.',
  ]);
}

/* The status that the operator writes for an otherwise empty picture in that phase. */
function statusIn(phase: Phase): AppReleaseStatus {
  const snapshot: Snapshot = {
    release: {
      name: 'example',
      generation: 1,
      spec: { kind: 'invalid', violations: [] },
      replicas: 1,
      isDeleted: false,
      hasFinalizer: true,
    },
    state: NEW_STATE,
    workload: { kind: 'template' },
    sets: [],
    traffic: { kind: 'podShare' },
    evidence: { kind: 'none' },
    queries: [],
    actions: [],
  };
  const { example } = PHASE_TEXT[phase];
  const decision = { next: NEW_STATE, effects: [], phase, reason: example, message: '' };
  return statusOf({ snapshot, decision, now: instant(0) }, {}, { selector: '', controllerEpoch: 0 });
}

function valueOf(status: AppReleaseStatus, type: string): Condition['status'] {
  return status.conditions?.find((condition) => condition.type === type)?.status ?? 'Unknown';
}

/* As kstatus reads any object: Stalled, then Reconciling, then Ready. */
function kstatusOf(status: AppReleaseStatus): PhaseRow['kstatus'] {
  if (valueOf(status, 'Stalled') === 'True') return 'Failed';
  return valueOf(status, 'Reconciling') === 'True' || valueOf(status, 'Ready') !== 'True'
    ? 'InProgress'
    : 'Current';
}

function exitText(status: AppReleaseStatus, goal: Goal): string {
  const view = {
    namespace: 'default',
    name: 'example',
    generation: 1,
    spec: { kind: 'invalid' as const, violations: [] },
    status,
  };
  const judgement = judgeWait({ goal, view });
  switch (judgement.kind) {
    case 'reached':
      return String(EXIT.ok);
    case 'otherwise':
      return judgement.mayPass ? `${EXIT.notReached} after --patience` : String(EXIT.notReached);
    default:
      return '-';
  }
}
