import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { PHASES } from '../api/app-release-status.ts';
import { GOALS, judgeWait } from './judge-wait.ts';
import { releaseView, UNDER_WAY } from './testing/releases.ts';

const phases = fc.constantFrom(...PHASES);
const goals = fc.constantFrom(...GOALS);

describe('judgeWait', () => {
  it('never draws a conclusion from a status that is older than what was written', () => {
    fc.assert(
      fc.property(phases, goals, fc.integer({ min: 1, max: 50 }), (phase, goal, behind) => {
        const view = releaseView({ status: { ...UNDER_WAY, phase } });
        expect(judgeWait({ goal, view, workloadGeneration: 12 + behind }).kind).toBe('unseen');
        const older = releaseView({ status: { ...UNDER_WAY, phase }, generation: 3 + behind });
        expect(judgeWait({ goal, view: older, workloadGeneration: 12 }).kind).toBe('unseen');
      }),
    );
  });

  it('reaches a goal in exactly one phase', () => {
    const reached = GOALS.map((goal) =>
      PHASES.filter(
        (phase) => judgeWait({ goal, view: releaseView({ status: { ...UNDER_WAY, phase } }) }).kind === 'reached',
      ),
    );
    expect(reached).toEqual([['Healthy'], ['RolledBack'], ['Paused']]);
  });

  it('waits for a release that no operator has seen', () => {
    expect(judgeWait({ goal: 'healthy', view: releaseView({ status: {} }) }).kind).toBe('unseen');
  });
});
