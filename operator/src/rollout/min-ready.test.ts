// Nothing announces that a pod has been Ready for minReadySeconds: somebody has to look then.
import { expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const SLOW = release().spec({ minReadySeconds: 30 });
const STARTING = set().ready(2).ready(8, { readyChangedAt: at(-1) });

it.each([
  ['at rest', SLOW.stable(STARTING)],
  ['on the way back', SLOW.stable(STARTING).candidate(set().ready(3)).rollingBack()],
  ['in a step', SLOW.canary(50).stable(STARTING).candidate(set().ready(5)).stepping(0)],
  ['with a router', SLOW.stable(STARTING).weighted(0)],
])('stable is looked at when its pods will be available: %s', (_name, seen) => {
  expect(decide(seen.build(), NOW).wakeAt).toBe(at(29));
});
