// What pods went through lately, and what is forgiven.
import { describe, expect, it } from '@jest/globals';
import { after, instant, type Instant } from '../lib/instant.ts';
import { createPodFlaps, type PodFlaps } from './pod-flaps.ts';
import type { PodObject } from './projections.ts';

const BEGAN = instant(Date.UTC(2026, 0, 1, 12));
const OLD_POD: PodObject = {
  uid: 'a',
  name: 'shop-a',
  namespace: 'bank',
  resourceVersion: '1',
  isReady: true,
  readyChangedAt: after(BEGAN, -7_200_000),
  isTerminating: false,
  isFinished: false,
  createdAt: after(BEGAN, -7_200_000),
  restarts: 5,
};
const LOST: PodObject = { ...OLD_POD, isReady: false };

function lookingOn() {
  let now: Instant = BEGAN;
  const flaps: PodFlaps = createPodFlaps({ now: () => now });
  const see = (previous: PodObject, object: PodObject) =>
    flaps.note({ kind: 'upserted', object, previous, initial: false });
  return { flaps, see, pass: (minutes: number) => void (now = after(now, minutes * 60_000)) };
}

describe('losses of readiness', () => {
  it('count from the moment that is asked for', () => {
    const { flaps, pass, see } = lookingOn();
    expect(see(OLD_POD, LOST)).toBe('lost');
    pass(1);
    see(OLD_POD, LOST);
    expect(flaps.since(OLD_POD, BEGAN).losses).toBe(2);
    expect(flaps.since(OLD_POD, after(BEGAN, 1000)).losses).toBe(1);
  });

  it('are forgiven after ten minutes', () => {
    const { flaps, pass, see } = lookingOn();
    see(OLD_POD, LOST);
    pass(11);
    expect(flaps.since(OLD_POD, BEGAN).losses).toBe(0);
  });

  it('of a pod on its way out are none', () => {
    const { flaps, see } = lookingOn();
    see(OLD_POD, { ...LOST, isTerminating: true });
    expect(flaps.since(OLD_POD, BEGAN).losses).toBe(0);
  });
});

describe('restarts', () => {
  it('of an old pod are those that were seen', () => {
    const { flaps, see } = lookingOn();
    expect(flaps.since(OLD_POD, BEGAN).restarts).toBe(0);
    see(OLD_POD, { ...OLD_POD, restarts: 6 });
    expect(flaps.since(OLD_POD, BEGAN).restarts).toBe(1);
  });

  it('of a young pod are all it had', () => {
    const { flaps } = lookingOn();
    expect(flaps.since({ ...OLD_POD, createdAt: BEGAN }, BEGAN).restarts).toBe(5);
  });
});

it('nothing is remembered of a pod that is gone', () => {
  const { flaps, see } = lookingOn();
  see(OLD_POD, LOST);
  flaps.note({ kind: 'deleted', object: LOST, initial: false });
  expect(flaps.since(OLD_POD, BEGAN).losses).toBe(0);
});
