import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { setsToDelete, setsToKeep } from './retention.ts';
import type { KeepPolicy, KnownSet } from './retention.ts';
import { newSetId } from './set-id.ts';
import { bucketLifecycle, earliestColdDays, lifecyclePlan } from './tiers.ts';
import type { Tier, TierPolicy } from './tiers.ts';

const dayMs = 86_400_000;
const idAt = (time: string | number): string => newSetId(new Date(time)).replace(/-....$/, '-0000');
const verified = (...times: (string | number)[]): KnownSet[] =>
  times.map((time) => ({ id: idAt(time), isVerified: true }));
const none: KeepPolicy = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const days = (sets: readonly string[]): string[] =>
  sets.map((id) => `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`);

describe('setsToKeep', () => {
  it.each([
    {
      name: 'the newest of each day, however many there are',
      policy: { daily: 2 },
      times: ['2026-03-01T02:00:00Z', '2026-03-02T02:00:00Z', '2026-03-02T14:00:00Z', '2026-03-03T02:00:00Z'],
      want: ['2026-03-02T14:00:00Z', '2026-03-03T02:00:00Z'],
    },
    {
      name: 'the newest of each week, which begins on Monday',
      policy: { weekly: 2 },
      times: ['2026-03-08T02:00:00Z', '2026-03-09T02:00:00Z', '2026-03-15T23:59:59Z', '2026-03-16T00:00:00Z'],
      want: ['2026-03-15T23:59:59Z', '2026-03-16T00:00:00Z'],
    },
    {
      name: 'the week that spans two years as one',
      policy: { weekly: 2 },
      times: ['2026-12-27T02:00:00Z', '2026-12-31T02:00:00Z', '2027-01-03T02:00:00Z'],
      want: ['2026-12-27T02:00:00Z', '2027-01-03T02:00:00Z'],
    },
    {
      name: 'the leap day as the end of its month',
      policy: { monthly: 2 },
      times: ['2028-01-31T02:00:00Z', '2028-02-28T02:00:00Z', '2028-02-29T02:00:00Z'],
      want: ['2028-01-31T02:00:00Z', '2028-02-29T02:00:00Z'],
    },
    {
      name: 'days that have a set, not days of the calendar',
      policy: { daily: 2 },
      times: ['2026-01-01T02:00:00Z', '2026-06-01T02:00:00Z'],
      want: ['2026-01-01T02:00:00Z', '2026-06-01T02:00:00Z'],
    },
  ])('keeps $name', ({ policy, times, want }) => {
    const kept = setsToKeep(verified(...times), { ...none, ...policy });
    expect([...kept.keys()].toSorted()).toEqual(want.map(idAt));
  });

  it('says why', () => {
    const kept = setsToKeep(verified('2026-03-01T02:00:00Z'), { ...none, weekly: 1 });
    expect([...kept.values()]).toEqual([['last', 'weekly']]);
  });
});

const simulated = fc.array(
  fc.record({ day: fc.integer({ min: 0, max: 1_500 }), isVerified: fc.boolean() }),
  { maxLength: 60 },
);
const policies = fc.record({
  last: fc.integer({ min: 1, max: 4 }),
  daily: fc.nat(8),
  weekly: fc.nat(6),
  monthly: fc.nat(6),
  yearly: fc.nat(3),
});

describe('setsToDelete', () => {
  it('never deletes the last verified set, nor what is newer than it', () => {
    fc.assert(
      fc.property(simulated, policies, (drawn, policy) => {
        const sets = drawn.map(({ day, isVerified }, at) => ({
          id: idAt(Date.UTC(2026, 0, 1) + day * dayMs + at),
          isVerified,
        }));
        const deleted = new Set(setsToDelete(sets, policy));
        const good = sets.filter((set) => set.isVerified).map(({ id }) => id).toSorted();
        const last = good.at(-1);
        const untouchable = sets.filter(({ id }) => last === undefined || id >= last);
        expect(untouchable.filter(({ id }) => deleted.has(id))).toEqual([]);
        // A second look finds nothing more: what stays is a reason of its own.
        const rest = sets.filter(({ id }) => !deleted.has(id));
        expect(setsToDelete(rest, policy)).toEqual([]);
        expect(good.filter((id) => !deleted.has(id)).length).toBeGreaterThanOrEqual(
          Math.min(good.length, policy.last),
        );
      }),
    );
  });

  it('deletes nothing while there are fewer verified sets than are to be kept at least', () => {
    const sets = [
      ...verified('2026-03-01T02:00:00Z'),
      { id: idAt('2026-03-02T02:00:00Z'), isVerified: false },
      { id: idAt('2026-02-02T02:00:00Z'), isVerified: false },
    ];
    expect(setsToDelete(sets, { ...none, last: 2 })).toEqual([]);
    expect(setsToDelete(sets, none)).toEqual([idAt('2026-02-02T02:00:00Z')]);
  });
});

/* An oracle that knows the calendar by walking it, not by grouping ids. */
function wantedDays(today: number, first: number, keep: KeepPolicy): string[] {
  const wanted = new Set<number>();
  const walk = (isEnd: (day: Date) => boolean, howMany: number): void => {
    let found = 0;
    for (let at = today; at >= first && found < howMany; at -= dayMs) {
      if (at !== today && !isEnd(new Date(at))) continue;
      wanted.add(at);
      found += 1;
    }
  };
  const tomorrow = (day: Date): Date => new Date(day.getTime() + dayMs);
  walk(() => true, Math.max(keep.last, keep.daily));
  walk((day) => day.getUTCDay() === 0, keep.weekly);
  walk((day) => tomorrow(day).getUTCDate() === 1, keep.monthly);
  walk((day) => tomorrow(day).getUTCMonth() === 0 && tomorrow(day).getUTCDate() === 1, keep.yearly);
  return [...wanted].toSorted((a, b) => a - b).map((at) => new Date(at).toISOString().slice(0, 10));
}

const policy: TierPolicy = {
  hot: { last: 3, daily: 7, weekly: 0, monthly: 0, yearly: 0 },
  bucket: { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 3 },
  cold: { afterDays: 45, storageClass: 'GLACIER' },
};

describe('400 nights', () => {
  it('B5: leave exactly the grandfathers, fathers and sons, each in its tier', () => {
    const first = Date.UTC(2026, 10, 28);
    let hot: KnownSet[] = [];
    let bucket: KnownSet[] = [];
    for (let night = 0; night < 400; night += 1) {
      const today = first + night * dayMs;
      const set = { id: idAt(today + 8_100_000), isVerified: true };
      const thin = (sets: KnownSet[], keep: KeepPolicy): KnownSet[] => {
        const deleted = setsToDelete(sets, keep);
        return sets.filter(({ id }) => !deleted.includes(id));
      };
      hot = thin([...hot, set], policy.hot);
      bucket = thin([...bucket, set], policy.bucket);
      expect(days(hot.map(({ id }) => id))).toEqual(wantedDays(today, first, policy.hot));
      expect(days(bucket.map(({ id }) => id))).toEqual(wantedDays(today, first, policy.bucket));
    }
    const plan = [...lifecyclePlan(bucket, policy, first + 400 * dayMs).values()];
    const inTier = (tier: Tier): number => plan.filter((tiers) => tiers.includes(tier)).length;
    // On 1 January 2028: 7 days, 3 more Sundays and November's end are warm; 9 months and 2026 are cold.
    expect([inTier('hot'), inTier('warm'), inTier('cold')]).toEqual([7, 11, 10]);
  });

  it('keep what was damaged away from what counts, and the damaged ones for a while', () => {
    let sets: KnownSet[] = [];
    const first = Date.UTC(2026, 0, 1);
    for (let night = 0; night < 400; night += 1) {
      sets.push({ id: idAt(first + night * dayMs), isVerified: night % 3 !== 0 });
      const deleted = new Set(setsToDelete(sets, policy.bucket));
      sets = sets.filter(({ id }) => !deleted.has(id));
      expect(sets.filter((set) => !set.isVerified).length).toBeLessThanOrEqual(2);
    }
    expect(sets.filter((set) => set.isVerified).length).toBeGreaterThanOrEqual(7 + 11);
  });

  it('move nothing to the cold that is deleted before it has been there for 90 days', () => {
    const cold = earliestColdDays(policy.bucket);
    expect(cold).toBe(42);
    const first = Date.UTC(2026, 0, 1);
    const deletedAt = new Map<string, number>();
    let sets: KnownSet[] = [];
    for (let night = 0; night < 800; night += 1) {
      sets.push({ id: idAt(first + night * dayMs), isVerified: true });
      for (const id of setsToDelete(sets, policy.bucket)) deletedAt.set(id, night);
      sets = sets.filter(({ id }) => !deletedAt.has(id));
    }
    const madeAt = (id: string): number => (Date.parse(days([id])[0] ?? '') - first) / dayMs;
    const ages = [...deletedAt].map(([id, night]) => night - madeAt(id));
    expect(ages.filter((age) => age > cold && age < cold + 90)).toEqual([]);
  });
});

describe('bucketLifecycle', () => {
  it('is what the bucket is told', () => {
    expect(bucketLifecycle('bank/', policy.cold)).toEqual({
      Rules: [
        {
          ID: 'slipway-backup-tidy',
          Status: 'Enabled',
          Filter: { Prefix: 'bank/' },
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
        },
        {
          ID: 'slipway-backup-cold',
          Status: 'Enabled',
          Filter: { Prefix: 'bank/sets/' },
          Transitions: [{ Days: 45, StorageClass: 'GLACIER' }],
        },
      ],
    });
    expect(JSON.stringify(bucketLifecycle('', undefined))).not.toContain('Transitions');
  });
});
