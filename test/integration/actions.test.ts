// What people ask of a release, as objects: applied once, to the release and step they mean.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, RELEASE_ACTION } from '../../operator/src/controller/resources.ts';
import { record } from '../../operator/src/lib/json.ts';
import { APP, releaseAction, type ActionParts } from './support/builders.ts';
import { useLabs, type Lab } from './support/lab.ts';
import {
  ask,
  condition,
  isHealthy,
  isPausedAt,
  isRolledBack,
  readyReason,
  serving,
} from './support/release-steps.ts';

const openLab = useLabs();

/** Makes the action and waits for its end. */
async function act(lab: Lab, parts: ActionParts): Promise<{ phase: unknown; message: unknown }> {
  const { metadata } = await lab.apply(releaseAction(parts));
  const status = () => record(lab.world.get(RELEASE_ACTION, metadata.name ?? '')?.['status']);
  await lab.eventually(`${parts.action} to end`, () => status()['phase'] !== undefined);
  return { phase: status()['phase'], message: status()['message'] };
}

async function paused(
  lab: Lab,
  steps = [{ weight: 25 }, { pause: {} }, { weight: 50 }, { pause: {} }],
): Promise<void> {
  await serving(lab, { steps, replicas: 4 });
  await ask(lab, { tag: '2' });
  await lab.eventually('the first pause', isPausedAt(lab, 25));
}

describe('a ReleaseAction', () => {
  it('promotes past one pause, not past the next', async () => {
    const lab = await openLab();
    await paused(lab);
    expect(await act(lab, { action: 'promote', revision: 2, step: 1 })).toEqual({
      phase: 'Applied',
      message: 'admin passed step 1',
    });
    await lab.eventually('the second pause', isPausedAt(lab, 50));
    // The same again is about a step that is over.
    expect(await act(lab, { action: 'promote', revision: 2, step: 1 })).toMatchObject({
      phase: 'Expired',
    });
    expect(isPausedAt(lab, 50)()).toBe(true);
    expect(await act(lab, { action: 'promote', revision: 2 })).toMatchObject({ phase: 'Applied' });
    await lab.eventually('version 2', isHealthy(lab, '2'));
  });

  it('pauses a release and lets it go on', async () => {
    const lab = await openLab();
    await paused(lab);
    expect(await act(lab, { action: 'pause', revision: 2, reason: 'lunch' })).toMatchObject({
      phase: 'Applied',
    });
    await lab.eventually('the hold', () => readyReason(lab) === 'PausedByAction');
    expect(lab.status().pausedBy).toMatchObject({ by: 'admin', reason: 'lunch' });
    expect(condition(lab, 'Paused')?.status).toBe('True');
    expect(await act(lab, { action: 'resume', revision: 2 })).toMatchObject({ phase: 'Applied' });
    await lab.eventually('the pause step again', () => readyReason(lab) === 'PauseStep');
    expect(lab.status().pausedBy).toBeUndefined();
  });

  it('aborts, with who and why in the history', async () => {
    const lab = await openLab();
    await paused(lab);
    expect(await act(lab, { action: 'abort', revision: 2, reason: 'it is Friday' })).toMatchObject({
      phase: 'Applied',
    });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(lab.status().history?.[0]).toMatchObject({
      revision: 2,
      reason: 'AbortedByUser',
      by: 'admin',
    });
    expect(lab.status().history?.[0]?.message).toContain('it is Friday');
    // An aborted version is refused, until it is retried.
    expect(await act(lab, { action: 'retry', revision: 2 })).toMatchObject({ phase: 'Applied' });
    await lab.eventually('the pause of the second try', isPausedAt(lab, 25));
  });

  it('for another revision, or with no release under way, expires and does nothing', async () => {
    const lab = await openLab();
    await serving(lab);
    for (const action of ['promote', 'pause', 'resume', 'abort']) {
      expect(await act(lab, { action, revision: 1 })).toEqual({
        phase: 'Expired',
        message: 'no release is under way',
      });
    }
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    expect(await act(lab, { action: 'abort', revision: 3 })).toEqual({
      phase: 'Expired',
      message: 'revision 2 is being released, not 3',
    });
    expect(isPausedAt(lab, 50)()).toBe(true);
  });

  it('that came while no operator ran is applied once by the next one', async () => {
    const lab = await openLab();
    const first = await serving(lab);
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    await first.stop();
    const { metadata } = await lab.apply(releaseAction({ action: 'promote', revision: 2 }));
    await lab.startOperator();
    await lab.eventually('version 2', isHealthy(lab, '2'));
    expect(record(lab.world.get(RELEASE_ACTION, metadata.name ?? '')?.['status'])['phase']).toBe(
      'Applied',
    );
  });

  it('cannot be changed', async () => {
    const lab = await openLab();
    const { metadata } = await lab.apply(releaseAction({ action: 'promote', revision: 2 }));
    await expect(
      lab.patch(RELEASE_ACTION, metadata.name ?? '', { spec: { action: 'abort' } }),
    ).rejects.toThrow('a ReleaseAction cannot be changed; create another one');
  });
});

describe('spec.paused', () => {
  it('holds a release where it is, and still lets it be rolled back', async () => {
    const lab = await openLab();
    await serving(lab, {
      steps: [{ weight: 25 }, { pause: { seconds: 1 } }, { weight: 50 }],
      replicas: 4,
    });
    await lab.patch(APP_RELEASE, APP, { spec: { paused: true } });
    await ask(lab, { tag: '2' });
    await lab.eventually('the hold', () => readyReason(lab) === 'PausedBySpec');
    expect(lab.world.pods().filter((pod) => pod.image === '2')).toEqual([]);
    expect(await act(lab, { action: 'abort', revision: 2 })).toMatchObject({ phase: 'Applied' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
  });

  it('lets go when it is taken back', async () => {
    const lab = await openLab();
    await paused(lab, [{ weight: 25 }, { pause: {} }, { weight: 50 }]);
    await lab.patch(APP_RELEASE, APP, { spec: { paused: true } });
    await lab.eventually('the hold', () => readyReason(lab) === 'PausedBySpec');
    await act(lab, { action: 'promote', revision: 2 });
    expect(lab.status()).toMatchObject({ phase: 'Paused', weight: { observed: 25 } });
    await lab.patch(APP_RELEASE, APP, { spec: { paused: false } });
    await lab.eventually('version 2', isHealthy(lab, '2'));
  });
});
