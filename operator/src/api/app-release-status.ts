// The status of an AppRelease: what a person sees, and all that a restarted operator needs.
import { z } from 'zod';
import { ACTIONS, ACTION_PHASES } from './release-action.ts';

/** "A, said by B": two names of 512 characters. */
const BY_MAX = 1100;

const instant = z.string().max(64).meta({ format: 'date-time' });

export const PHASES = ['Healthy', 'Progressing', 'Paused', 'RolledBack', 'Degraded', 'Blocked'] as const;

const revisionRef = z
  .object({
    revision: z.number().int().min(0),
    podTemplateHash: z.string().max(63),
    replicaSet: z.string().max(253),
    images: z.array(z.string().max(1024)).max(20).optional(),
  })
  .meta({ description: 'One version: its number, its ReplicaSet, its images.' });

const condition = z.object({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: z.number().int().min(0).optional(),
  lastTransitionTime: instant,
  reason: z.string().min(1).max(1024),
  message: z.string().max(32_768),
});

const armCounts = z.object({ requests: z.number(), errors: z.number() });

const checkResult = z
  .object({
    name: z.string().max(63).meta({
      description:
        '`overall`, then one for each signal: errors, latency, restarts, readiness, ...; ' +
        '`query/<name>` for each query.',
    }),
    state: z.string().max(63).meta({
      description: 'evidence, noData or error. Of a query: ok, failing, failed, noData or error.',
    }),
    evidence: z.number().optional().meta({ description: 'Evidence against the candidate.' }),
    threshold: z.number().optional().meta({ description: 'Evidence at which it is rolled back.' }),
    weight: z.number().optional().meta({ description: "Its share in the overall evidence, 0 to 1." }),
    failures: z.number().int().min(0).optional().meta({
      description: 'Of a query: bad values in a row. They outlive a restart of the operator.',
    }),
    canary: armCounts.optional(),
    stable: armCounts.optional(),
    message: z.string().max(2048).optional(),
  })
  .meta({ description: 'The numbers behind the last verdict.' });

const historyEntry = z
  .object({
    revision: z.number().int(),
    outcome: z.enum(['Promoted', 'RolledBack', 'Undone', 'Superseded']),
    reason: z.string().max(1024),
    message: z.string().max(2048),
    by: z.string().max(BY_MAX).optional(),
    startedAt: instant.optional(),
    finishedAt: instant,
    images: z.array(z.string().max(1024)).max(20).optional(),
    requests: z.number().optional().meta({ description: 'Requests the candidate answered.' }),
    errors: z.number().optional().meta({ description: 'How many of them failed.' }),
  })
  .meta({ description: 'How a past release ended.' });

const finishedAction = z
  .object({
    uid: z.string().max(64),
    name: z.string().max(253),
    action: z.enum(ACTIONS),
    by: z.string().max(BY_MAX),
    phase: z.enum(ACTION_PHASES),
    message: z.string().max(2048),
  })
  .meta({ description: 'What became of a ReleaseAction.' });

export const statusSchema = z
  .object({
    observedGeneration: z.number().int().optional(),
    controllerEpoch: z.number().int().optional().meta({
      description: 'Lease transitions of the operator that wrote this. Who reads a higher one stops.',
    }),
    workload: z
      .object({ generation: z.number().int(), observedAt: instant })
      .optional()
      .meta({ description: 'Which generation of the Deployment was judged.' }),
    phase: z.enum(PHASES).optional(),
    message: z.string().max(2048).optional().meta({ description: 'One line for people.' }),
    replicas: z.number().int().optional(),
    readyReplicas: z.number().int().optional(),
    updatedReplicas: z.number().int().optional(),
    selector: z.string().max(4096).optional().meta({ description: 'Label selector of the pods of every revision.' }),
    stable: revisionRef.optional(),
    candidate: revisionRef.optional(),
    stage: z.string().max(63).optional().meta({
      description: 'Idle, Stepping, Promoting, RollingBack or RolledBack.',
    }),
    step: z
      .object({
        index: z.number().int().min(0),
        kind: z.enum(['weight', 'verify', 'pause', 'finish']),
        startedAt: instant,
        mark: z.number().int().optional().meta({ description: 'Most candidate pods seen Ready in this step.' }),
        markedAt: instant.optional(),
        waitingSince: instant.optional().meta({ description: 'Since when candidate pods are missing.' }),
        requestsBefore: z.number().optional(),
        isPromoted: z.boolean().optional(),
      })
      .optional(),
    steps: z.string().max(32).optional().meta({ description: 'Step and number of steps, as in 2/5.' }),
    weight: z
      .object({
        desired: z.number().int(),
        observed: z.number().int(),
        changedAt: instant.optional(),
      })
      .optional(),
    grace: z
      .object({ reason: z.string().max(63), since: instant })
      .optional()
      .meta({ description: 'A failure that may pass, and since when.' }),
    outage: z
      .object({
        since: instant,
        response: z.enum(['held', 'withdrawn', 'rescue']),
        withdrawnAt: instant.optional(),
      })
      .optional()
      .meta({ description: 'Stable itself fails: since when, and what was done about it.' }),
    rollback: z
      .object({
        reason: z.string().max(63),
        message: z.string().max(2048),
        at: instant,
        outcome: z.enum(['failed', 'undone', 'superseded']).optional(),
        by: z.string().max(BY_MAX).optional(),
        requests: z.number().optional().meta({ description: 'Requests the candidate had answered by then.' }),
        errors: z.number().optional().meta({ description: 'How many of them had failed.' }),
      })
      .optional(),
    pausedBy: z
      .object({ by: z.string().max(BY_MAX), at: instant, reason: z.string().max(1024).optional() })
      .optional(),
    startedAt: instant.optional().meta({ description: 'When the current release began.' }),
    analysis: z.record(z.string(), z.unknown()).optional().meta({
      description: 'State of the evidence, for a restarted operator.',
      'x-kubernetes-preserve-unknown-fields': true,
    }),
    dispersion: z.record(z.string(), z.unknown()).optional().meta({
      description: "How stable's errors and slow requests were seen to cluster, over the releases.",
      'x-kubernetes-preserve-unknown-fields': true,
    }),
    conditions: z.array(condition).max(32).optional().meta({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
    checks: z.array(checkResult).max(32).optional().meta({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
    actions: z.array(finishedAction).max(10).optional().meta({
      description: 'The last actions that were dealt with, oldest first.',
      'x-kubernetes-list-type': 'atomic',
    }),
    history: z.array(historyEntry).max(10).optional().meta({ 'x-kubernetes-list-type': 'atomic' }),
  })
  .meta({ description: 'What the operator has seen and done.' });

export type AppReleaseStatus = z.output<typeof statusSchema>;
export type Phase = (typeof PHASES)[number];
export type Condition = z.output<typeof condition>;
export type RevisionRef = z.output<typeof revisionRef>;
export type HistoryEntry = z.output<typeof historyEntry>;
export type CheckResult = z.output<typeof checkResult>;
