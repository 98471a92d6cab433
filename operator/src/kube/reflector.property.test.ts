// Why this test: single faults are covered one by one; here they come in any number and order, and
// two things must hold all the same. In the end the cache is what the server has, and what handlers
// were told, step by step, is a story that makes sense and leads to the same state.

import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';

import { createManualClock } from '../lib/manual-clock.ts';
import { startReflector } from './reflector.ts';
import type { Change } from './reflector.ts';
import { turn } from './testing/eventually.ts';
import { createFakeStore, status } from './testing/fake-store.ts';
import { createFakeTransport } from './testing/fake-transport.ts';
import { PODS, pod, toSmallPod } from './testing/pods.ts';
import type { SmallPod } from './testing/pods.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

type Step =
  | { readonly do: 'put'; readonly name: string; readonly color: string }
  | { readonly do: 'remove'; readonly name: string }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'failNext'; readonly status: number }
  | { readonly do: 'raw'; readonly line: string }
  | { readonly do: 'pieces'; readonly sizeBytes: number }
  | { readonly do: (typeof plainSteps)[number] };

const names = fc.constantFrom('x', 'y', 'z');
const error = (code: number) =>
  `${JSON.stringify({ type: 'ERROR', object: status(code, { reason: '', message: '' }) })}\n`;

const to = <Name extends string>(name: Name) => fc.constant(name);
const colors = fc.constantFrom('red', 'grün', 'blue');
const times = fc.constantFrom(1, 900, 31_000, 130_000, 300_000);
const statuses = fc.constantFrom(0, 403, 410, 429, 500, 504);
const badLines = fc.constantFrom('{"ty\n', '\n', '[]\n', error(410), error(500));
const plainSteps = [
  'compact', 'bookmark', 'end', 'breakOff', 'cutNextLine', 'duplicate', 'turn',
] as const;

const step: fc.Arbitrary<Step> = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  { weight: 6, arbitrary: fc.record({ do: to('put'), name: names, color: colors }) },
  { weight: 3, arbitrary: fc.record({ do: to('remove'), name: names }) },
  { weight: 4, arbitrary: fc.record({ do: to('advance'), ms: times }) },
  { weight: 2, arbitrary: fc.record({ do: to('failNext'), status: statuses }) },
  { weight: 1, arbitrary: fc.record({ do: to('raw'), line: badLines }) },
  { weight: 1, arbitrary: fc.record({ do: to('pieces'), sizeBytes: fc.nat(6).map((n) => n + 1) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom(...plainSteps) }) },
);

/** What a handler would believe, and what in the story was wrong. */
function createListener() {
  const believed = new Map<string, SmallPod>();
  const wrong: string[] = [];
  let synced = 0;
  const hear = (change: Change<SmallPod>): void => {
    if (change.kind === 'synced') {
      synced += 1;
      return;
    }
    const { object } = change;
    const before = believed.get(object.name);
    if (change.kind === 'deleted') {
      if (before === undefined) wrong.push(`deleted ${object.name}, which was not there`);
      if (before?.uid !== object.uid) wrong.push(`deleted another ${object.name}`);
      believed.delete(object.name);
      return;
    }
    if (change.previous !== before) wrong.push(`previous of ${object.name} is not what was told`);
    if (before !== undefined && before.uid !== object.uid) wrong.push(`${object.name} was exchanged`);
    if (change.initial !== (synced === 0)) wrong.push(`initial of ${object.name}`);
    believed.set(object.name, object);
  };
  return { believed, wrong, hear, synced: () => synced };
}

describe('reflector under any schedule of faults', () => {
  it('ends up equal to the server, and tells a story that makes sense', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, seed) => {
        const clock = createManualClock();
        const store = createFakeStore();
        const transport = createFakeTransport(store);
        const listener = createListener();
        let random = seed;
        const reflector = startReflector({
          transport,
          type: PODS,
          project: toSmallPod,
          onChange: listener.hear,
          clock,
          random: () => {
            random = (random * 1103515245 + 12345) % 2147483648;
            return random / 2147483648;
          },
        });

        const perform = async (each: Step): Promise<void> => {
          const streams = transport.openStreams();
          switch (each.do) {
            case 'put':
              store.put(PODS, pod('a', each.name, each.color));
              break;
            case 'remove':
              store.remove(PODS, 'a', each.name);
              break;
            case 'advance':
              clock.advance(each.ms);
              break;
            case 'failNext':
              transport.failNext(each.status);
              break;
            case 'raw':
              for (const stream of streams) stream.sendRaw(each.line);
              break;
            case 'pieces':
              for (const stream of streams) stream.pieces(each.sizeBytes);
              break;
            case 'compact':
              store.compact();
              break;
            case 'bookmark':
              store.bookmark();
              break;
            case 'end':
              for (const stream of streams) stream.end();
              break;
            case 'breakOff':
              for (const stream of streams) stream.breakOff();
              break;
            case 'cutNextLine':
              for (const stream of streams) stream.cutNextLine();
              break;
            case 'duplicate':
              for (const stream of streams) stream.duplicateNext();
              break;
            case 'turn':
              await turn();
          }
        };
        for (const each of steps) await perform(each);

        // A fair end: no new faults, and time goes on.
        const isSame = () => reflector.resourceVersion() === store.resourceVersion();
        for (let i = 0; i < 60 && !(isSame() && listener.synced() === 1); i++) {
          store.bookmark();
          await turn();
          clock.advance(31_000);
          await turn();
        }

        const wanted = new Map(store.list(PODS).map((raw) => [raw.metadata.name, toSmallPod(raw)]));
        const cached = new Map(reflector.cache.list().map((each) => [each.name, each]));
        expect(listener.wrong).toEqual([]);
        expect(listener.synced()).toBe(1);
        expect(withoutKind(cached)).toEqual(withoutKind(wanted));
        expect(listener.believed).toEqual(cached);

        await reflector.stop();
        expect(transport.openStreams()).toHaveLength(0);
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 400 },
    );
  });
});

function withoutKind(pods: Map<string | undefined, SmallPod>): unknown {
  return [...pods.values()]
    .map(({ name, uid, resourceVersion, color }) => ({ name, uid, resourceVersion, color }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}
