// ReleaseAction: what a person asks of a release, as an object, so that RBAC can grant each action
// by name and the audit trail has an author.
import { z } from 'zod';
import { objectName, withRules } from './primitives.ts';

export const ACTIONS = ['promote', 'pause', 'resume', 'abort', 'retry'] as const;

export const actionSpecSchema = withRules(
  z.object({
    release: objectName.meta({ description: 'Name of the AppRelease in the same namespace.' }),
    action: z.enum(ACTIONS).meta({ description: 'What is asked.' }),
    revision: z.number().int().min(0).meta({
      description: 'The candidate (for retry: the failed) revision that is meant. Another one current: Expired.',
    }),
    step: z.number().int().min(0).optional().meta({
      description: 'The step that is meant. Another one current: Expired.',
    }),
    by: z.string().min(1).max(512).meta({ description: 'Who asks. Must be the user who creates this object.' }),
    onBehalfOf: z.string().min(1).max(512).optional().meta({ description: 'For whom, when a program asks.' }),
    reason: z.string().max(1024).optional().meta({ description: 'Why, for the history.' }),
  }),
  [{ rule: 'self == oldSelf', message: 'a ReleaseAction cannot be changed; create another one' }],
);

export const ACTION_PHASES = ['Applied', 'Expired', 'Rejected'] as const;

export const actionStatusSchema = z.object({
  phase: z.enum(ACTION_PHASES).optional(),
  message: z.string().max(2048).optional(),
  finishedAt: z.string().max(64).meta({ format: 'date-time' }).optional(),
});

export type ReleaseActionSpec = z.output<typeof actionSpecSchema>;
export type ReleaseActionStatus = z.output<typeof actionStatusSchema>;
export type ActionName = (typeof ACTIONS)[number];
