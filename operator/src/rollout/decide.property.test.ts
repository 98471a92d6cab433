import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseStatus } from '../api/parse.ts';
import { decide } from './decide.ts';
import { checkEffects } from './invariants.ts';
import { readyPods } from './pods.ts';
import type { Snapshot } from './snapshot.ts';
import { stateOf } from './state-codec.ts';
import { statusOf } from './status.ts';
import { arbitrarySnapshot, unblockedSnapshot } from './testing/arbitraries.ts';
import { NOW } from './testing/sets.ts';

const RUNS = { numRuns: 400 };
const judged = (snapshot: Snapshot) => {
  const decision = decide(snapshot, NOW);
  return { decision, ...checkEffects(snapshot, decision.effects, NOW) };
};

describe('a decision on any snapshot at all', () => {
  it('is made, and says what it means in bounded words', () => {
    fc.assert(fc.property(arbitrarySnapshot, (snapshot) => {
      const { allowed, decision, dropped } = judged(snapshot);
      expect(decision.message).not.toMatch(/undefined|NaN/);
      expect(allowed.length + dropped.length).toBe(decision.effects.length);
      expect(decision.effects.length).toBeLessThan(20);
      expect(Number.isFinite(decision.wakeAt ?? 0)).toBe(true);
    }), RUNS);
  });

  it('is the same when made again, and leaves the snapshot as it was', () => {
    fc.assert(fc.property(arbitrarySnapshot, (snapshot) => {
      const before = JSON.stringify(snapshot);
      expect(decide(snapshot, NOW)).toEqual(decide(snapshot, NOW));
      expect(JSON.stringify(snapshot)).toBe(before);
    }), RUNS);
  });

  it('asks for no write twice', () => {
    fc.assert(fc.property(arbitrarySnapshot, (snapshot) => {
      const { effects } = decide(snapshot, NOW);
      const sized = effects.flatMap((effect) => (effect.kind === 'scaleSet' ? [effect.set.name] : []));
      expect(new Set(sized).size).toBe(sized.length);
      expect(effects.filter(({ kind }) => kind === 'setWeight').length).toBeLessThan(2);
      expect(effects.filter(({ kind }) => kind === 'createSet').length).toBeLessThan(2);
    }), RUNS);
  });

  it('makes a status that the CRD takes and that leads back to the same state', () => {
    fc.assert(fc.property(arbitrarySnapshot, (snapshot) => {
      const decision = decide(snapshot, NOW);
      const status = statusOf({ snapshot, decision, now: NOW }, {}, { selector: 'app=shop', controllerEpoch: 1 });
      const stored: unknown = JSON.parse(JSON.stringify(status));
      expect(parseStatus(stored)).toEqual(stored);
      const { stage, stable, candidate } = stateOf(parseStatus(stored));
      const { next } = decision;
      expect([stage.kind, stable?.setName, candidate?.setName]).toEqual([
        next.stage.kind, next.stable?.setName, next.candidate?.setName,
      ]);
    }), RUNS);
  });
});

describe('what is allowed', () => {
  it('is a weight between 0 and 100, raised only for a canary Service with ready pods', () => {
    fc.assert(fc.property(unblockedSnapshot, (snapshot) => {
      const { allowed } = judged(snapshot);
      for (const effect of allowed) {
        if (effect.kind !== 'setWeight' || snapshot.traffic.kind !== 'weighted') continue;
        const { canary, route } = snapshot.traffic;
        expect(effect.weight).toBeGreaterThanOrEqual(0);
        expect(effect.weight).toBeLessThanOrEqual(100);
        if (effect.weight <= (route.weight ?? 0)) continue;
        const named = snapshot.sets.find((one) => one.hash === canary.hash);
        expect(readyPods(named)).toBeGreaterThan(0);
        expect(['failed', 'undone']).not.toContain(named?.outcome);
      }
    }), RUNS);
  });

  it('names only sets that exist, with the size and the generation they have', () => {
    fc.assert(fc.property(unblockedSnapshot, (snapshot) => {
      for (const effect of judged(snapshot).allowed) {
        if (effect.kind !== 'scaleSet') continue;
        const found = snapshot.sets.find((one) => one.name === effect.set.name);
        expect({ ...effect.set, from: effect.from, generation: effect.generation }).toEqual({
          name: found?.name, uid: found?.uid, from: found?.desired, generation: found?.generation,
        });
        expect(effect.to).toBeGreaterThanOrEqual(0);
      }
    }), RUNS);
  });

  it('makes no second set for a version that has one', () => {
    fc.assert(fc.property(unblockedSnapshot, (snapshot) => {
      for (const effect of judged(snapshot).allowed) {
        if (effect.kind !== 'createSet') continue;
        expect(snapshot.sets.some((one) => one.name === snapshot.wanted?.setName)).toBe(false);
      }
    }), RUNS);
  });
});

describe('the way back', () => {
  it('is one decision away in every stage of a release', () => {
    fc.assert(fc.property(unblockedSnapshot, (snapshot) => {
      const isTried = snapshot.state.stage.kind === 'Stepping' || snapshot.state.stage.kind === 'Promoting';
      fc.pre(isTried && snapshot.evidence.kind === 'judged');
      const harmful = { ...snapshot, evidence: { ...snapshot.evidence, verdict: 'rollback' } } as Snapshot;
      const hasStable = decide(harmful, NOW).next.stable !== undefined;
      fc.pre(hasStable && snapshot.state.stable !== undefined && snapshot.state.candidate !== undefined);
      fc.pre(snapshot.sets.some((one) => one.name === snapshot.state.stable?.setName));
      fc.pre(snapshot.state.stable?.setName !== snapshot.state.candidate?.setName);
      const { kind } = decide(harmful, NOW).next.stage;
      expect(['Idle', 'RolledBack', 'RollingBack']).toContain(kind);
    }), { numRuns: 300 });
  });
});
