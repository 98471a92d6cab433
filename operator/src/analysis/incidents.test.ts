import { describe, expect, it } from '@jest/globals';
import {
  type IncidentParams,
  initialIncidents,
  logIncidentEvidence,
  stepIncidents,
  toleratedPerPodHour,
} from './incidents.ts';
import type { IncidentDelta } from './sample.ts';

const PARAMS: IncidentParams = { toleratedPerPodHour: 0.5, plannedPolls: 900 };

/** One canary pod among 19 stable ones, a poll every 2 s. */
function delta(canary: number, stable = 0): IncidentDelta {
  return {
    elapsedSeconds: 2,
    canary: { pods: 1, incidents: canary },
    stable: { pods: 19, incidents: stable },
  };
}

function evidence(deltas: readonly IncidentDelta[]): number {
  const state = deltas.reduce(
    (before, next) => stepIncidents(before, next, PARAMS),
    initialIncidents(),
  );
  return Math.exp(logIncidentEvidence(state, PARAMS));
}

const calm = (polls: number): readonly IncidentDelta[] =>
  Array.from({ length: polls }, () => delta(0));

describe('stepIncidents', () => {
  it('is not sure after one crash and is after the second soon after', () => {
    expect(evidence([delta(1)])).toBeLessThan(100);
    expect(evidence([delta(1), ...calm(15), delta(1)])).toBeGreaterThan(100);
  });

  it('finds a crash every minute after an hour of calm', () => {
    const minute = [...calm(29), delta(1)];
    const crashes = [1, 2, 3, 4, 5, 6].flatMap(() => minute);
    expect(evidence([...calm(1800), ...crashes])).toBeGreaterThan(100);
  });

  it('does not blame the canary where stable pods restart as well', () => {
    const storm = Array.from({ length: 5 }, () => [delta(0, 10), delta(1, 5)]).flat();
    expect(evidence(storm)).toBeLessThan(2);
  });

  it('still blames it where one of many stable pods is a chronic case', () => {
    const polls = [delta(0, 1), ...calm(5), delta(1), ...calm(15), delta(1)];
    expect(evidence(polls)).toBeGreaterThan(100);
  });

  it('does not change without a canary pod', () => {
    const none = { ...delta(0), canary: { pods: 0, incidents: 0 } };
    expect(stepIncidents(initialIncidents(), none, PARAMS)).toEqual(initialIncidents());
  });

  it('gains nothing on average from a canary that crashes as often as it may', () => {
    // The exact expectation over a Poisson number of crashes in one poll, two polls in a row.
    const mean = (0.5 / 3600) * 60;
    const long = (restarts: number): IncidentDelta => ({ ...delta(restarts), elapsedSeconds: 60 });
    let expected = 0;
    for (let x = 0; x < 12; x += 1) {
      for (let y = 0; y < 12; y += 1) {
        expected += poisson(mean, x) * poisson(mean, y) * evidence([long(x), long(y)]);
      }
    }
    expect(expected).toBeLessThanOrEqual(1 + 1e-9);
    expect(expected).toBeGreaterThan(0.9);
  });
});

describe('toleratedPerPodHour', () => {
  it('is twice what stable does, and never less than one in two hours', () => {
    expect(toleratedPerPodHour({ incidents: 48, podHours: 24 })).toBe(4);
    expect(toleratedPerPodHour({ incidents: 1, podHours: 24 })).toBe(0.5);
    expect(toleratedPerPodHour({ incidents: 0, podHours: 0 })).toBe(0.5);
  });
});

function poisson(mean: number, k: number): number {
  let chance = Math.exp(-mean);
  for (let i = 1; i <= k; i += 1) chance *= mean / i;
  return chance;
}
