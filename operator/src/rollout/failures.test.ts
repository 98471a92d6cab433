import { describe, expect, it } from '@jest/globals';
import { contextOf } from './context.ts';
import { candidateFailure } from './failures.ts';
import type { PodView } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at, type SetBuilder } from './testing/sets.ts';

const failureOf = (candidate: SetBuilder, stable: SetBuilder = set().ready(10)) => {
  const context = contextOf(release().stable(stable).candidate(candidate).stepping(0).build(), NOW);
  if (!context) throw new Error('no context');
  return candidateFailure(context);
};
const pull = (createdAt = NOW): Partial<PodView> => ({
  createdAt,
  trouble: { reason: 'ImageUnavailable', isCertain: true, message: 'not found' },
});

describe('the pods of a candidate', () => {
  it.each([
    { what: 'nothing wrong', pods: set().ready(2).notReady(1), want: { kind: 'none' } },
    { what: 'no pods yet', pods: set().desired(3), want: { kind: 'none' } },
    {
      what: 'an image that does not exist',
      pods: set().troubled('ImageUnavailable'),
      want: { kind: 'certain', reason: 'ImageUnavailable' },
    },
    {
      what: 'a slow registry',
      pods: set().troubled('ImageUnavailable', 'mayPass'),
      want: { kind: 'mayPass', reason: 'ImageUnavailable' },
    },
    {
      what: 'a crash loop before any traffic',
      pods: set().troubled('CrashLoop', 'mayPass'),
      want: { kind: 'mayPass', reason: 'CrashLoop' },
    },
    {
      what: 'a crash loop beside ready pods',
      pods: set().ready(1).troubled('CrashLoop', 'mayPass'),
      want: { kind: 'certain', reason: 'CrashLoop' },
    },
    {
      what: 'what may pass beside what is certain',
      pods: set().troubled('ConfigError', 'mayPass').troubled('InvalidImageName'),
      want: { kind: 'certain', reason: 'InvalidImageName' },
    },
    {
      what: 'a trouble that is on its way out',
      pods: set()
        .ready(1)
        .notReady(1, { ...pull(), isTerminating: true }),
      want: { kind: 'none' },
    },
    {
      what: 'pods that come and go',
      pods: set().ready(2, { readinessLosses: 2 }),
      want: { kind: 'certain', reason: 'ReadinessFlapping' },
    },
    {
      what: 'one pod that came and went once',
      pods: set().ready(3, { readinessLosses: 1 }),
      want: { kind: 'none' },
    },
    {
      what: 'a quota',
      pods: set().desired(3).with({ creationFailure: 'exceeded quota' }),
      want: { kind: 'hold', reason: 'QuotaExceeded', message: 'exceeded quota' },
    },
    {
      what: 'a quota beside a certain failure',
      pods: set().troubled('ImageUnavailable').with({ creationFailure: 'exceeded quota' }),
      want: { kind: 'certain' },
    },
  ])('with $what', ({ pods, want }) => {
    expect(failureOf(pods)).toMatchObject(want);
  });
});

describe('a cause that stable shares', () => {
  it('is one when a stable pod made since fails in the same way', () => {
    const stable = set()
      .ready(9)
      .notReady(1, pull(at(5)));
    expect(failureOf(set().notReady(1, pull()), stable)).toMatchObject({
      kind: 'hold',
      reason: 'SharedCause',
    });
  });

  it('is none when that stable pod is older: it has its image already', () => {
    const stable = set()
      .ready(9)
      .notReady(1, pull(at(-500)));
    expect(failureOf(set().notReady(1, pull()), stable).kind).toBe('certain');
  });

  it('is none when stable fails in another way', () => {
    const stable = set()
      .ready(9)
      .notReady(1, {
        createdAt: at(5),
        trouble: { reason: 'Unschedulable', isCertain: false, message: '' },
      });
    expect(failureOf(set().notReady(1, pull()), stable).kind).toBe('certain');
  });

  it('is one when stable has nothing ready at all', () => {
    expect(failureOf(set().notReady(1, pull()), set().notReady(10))).toMatchObject({
      kind: 'hold',
      reason: 'SharedCause',
    });
  });
});
