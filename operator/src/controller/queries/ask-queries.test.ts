import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../../api/parse.ts';
import { createClient } from '../../kube/client.ts';
import { createFakeStore } from '../../kube/testing/fake-store.ts';
import { createFakeTransport } from '../../kube/testing/fake-transport.ts';
import { createManualClock } from '../../lib/manual-clock.ts';
import { ok } from '../../lib/result.ts';
import { JOB } from '../resources.ts';
import { restoredResult } from '../../analysis/queries.ts';
import { readQueryLine, replayQueries } from '../../analysis/query-line.ts';
import { createQueryWatcher, type WatchedQueries } from './ask-queries.ts';
import type { Send } from './send.ts';

const KEY = 'shop/web';
const valuesOf = (revision: number) => ({
  hash: `hash${revision}`,
  replicaSet: `web-r${revision}-hash${revision}`,
  revision: String(revision),
  name: 'web',
  namespace: 'shop',
});

function queriesOf(...queries: object[]): WatchedQueries['queries'] {
  const parsed = parseSpec({ template: {}, strategy: { canary: {} }, checks: { queries } });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  return parsed.value.checks?.queries ?? [];
}
const web = (name: string, over: object = {}) => ({
  name,
  web: { url: `http://${name}/?v={{hash}}`, path: 'v' },
  threshold: { max: 5 },
  everySeconds: 10,
  ...over,
});
const SMOKE = { name: 'smoke', job: { template: { spec: { containers: [{ name: 'c' }] } } } };

function lab() {
  const clock = createManualClock();
  const store = createFakeStore();
  const told: boolean[] = [];
  const journal: unknown[] = [];
  /* What each version answers, and who was asked when. */
  const answers: Record<string, string | Promise<string>> = { hash1: '{"v":1}', hash2: '{"v":1}' };
  const asked: { readonly at: number; readonly url: string }[] = [];
  const send: Send = async ({ url }) => {
    asked.push({ at: clock.monotonic() / 1000, url });
    const body = await answers[url.split('=')[1] ?? ''];
    return body === undefined
      ? { kind: 'failed', why: 'connection refused' }
      : { kind: 'answered', status: 200, body };
  };
  const watcher = createQueryWatcher({
    clock,
    log: (_level, message, keys) => void (message === 'query' && journal.push(keys)),
    send,
    client: createClient(createFakeTransport(store)),
    readSecret: () => Promise.resolve(ok('')),
    onResult: (_key, isUrgent) => void told.push(isUrgent),
  });
  let isServing = true;
  const watched = (over: Partial<WatchedQueries> = {}): WatchedQueries => ({
    key: KEY,
    releaseUid: 'uid',
    queries: queriesOf(web('p99')),
    candidate: valuesOf(2),
    stable: valuesOf(1),
    known: [],
    isServing: () => isServing,
    ...over,
  });
  const pass = async (seconds: number) => {
    for (let at = 0; at <= seconds; at += 1) {
      clock.advance(at === 0 ? 0 : 1000);
      for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
    }
  };
  const states = () => watcher.results(KEY).map(({ name, state }) => `${name} ${state}`);
  return {
    answers,
    asked,
    clock,
    journal,
    pass,
    states,
    store,
    told,
    watched,
    watcher,
    serve: (is: boolean) => (isServing = is),
  };
}

describe('the queries of a release', () => {
  it('have no value before they were asked, and none when nothing is watched', () => {
    const { states, watched, watcher } = lab();
    expect(states()).toEqual([]);
    watcher.watch(watched());
    expect(states()).toEqual(['p99 noData']);
  });

  it('are asked at their own pace, about both versions where they name one', async () => {
    const { asked, pass, watched, watcher } = lab();
    const flat = {
      ...web('flat', { everySeconds: 7 }),
      web: { url: 'http://flat/?v=hash2', path: 'v' },
    };
    watcher.watch(watched({ queries: queriesOf(web('p99'), flat) }));
    await pass(20);
    const times = (part: string) =>
      asked.filter(({ url }) => url.includes(part)).map(({ at }) => at);
    expect(times('p99/?v=hash2')).toEqual([0, 10, 20]);
    expect(times('p99/?v=hash1')).toEqual([0, 10, 20]);
    expect(times('flat')).toEqual([0, 7, 14]);
  });

  it('go on from what an earlier process has seen of this candidate, and of no other', async () => {
    const { answers, pass, states, watched, watcher } = lab();
    const known = [restoredResult('p99', { name: 'query/p99', state: 'failing', failures: 2 })];
    answers['hash2'] = '{"v":9}';
    watcher.watch(watched({ known }));
    await pass(1);
    expect(states()).toEqual(['p99 failed']);
    answers['hash3'] = '{"v":9}';
    watcher.watch(watched({ known, candidate: valuesOf(3) }));
    await pass(1);
    expect(states()).toEqual(['p99 failing']);
  });

  it('leave a journal from which their verdict comes out again', async () => {
    const { answers, journal, pass, states, watched, watcher } = lab();
    const ours = { name: 'x-tenant', value: 'nobody-else' };
    const query = web('p99');
    watcher.watch(
      watched({ queries: queriesOf({ ...query, web: { ...query.web, headers: [ours] } }) }),
    );
    await pass(1);
    answers['hash2'] = '{"v":9}';
    await pass(60);
    expect(states()).toEqual(['p99 failed']);
    const lines = journal.map((line) => readQueryLine(JSON.parse(JSON.stringify(line))));
    expect(replayQueries(lines.filter((line) => line !== undefined))).toMatchObject([
      { release: KEY, revision: 2, name: 'p99', askings: journal.length, last: { state: 'failed' } },
    ]);
    expect(JSON.stringify(journal)).not.toContain('nobody-else');
  });

  it('wait for the candidate to serve', async () => {
    const { asked, pass, serve, states, watched, watcher } = lab();
    serve(false);
    watcher.watch(watched());
    await pass(30);
    expect(asked).toEqual([]);
    serve(true);
    await pass(1);
    expect(states()).toEqual(['p99 ok']);
  });

  it('speak up when a result changes, and urgently once, with the verdict', async () => {
    const { answers, pass, states, told, watched, watcher } = lab();
    watcher.watch(watched());
    await pass(15);
    expect(told).toEqual([false]);
    answers['hash2'] = '{"v":9}';
    await pass(60);
    expect(states()).toEqual(['p99 failed']);
    expect(told).toEqual([false, false, false, true]);
  });

  it('hold what they know when the source goes away', async () => {
    const { answers, pass, states, watched, watcher } = lab();
    watcher.watch(watched());
    await pass(1);
    Reflect.deleteProperty(answers, 'hash2');
    await pass(60);
    expect(states()).toEqual(['p99 error']);
    expect(watcher.results(KEY)[0]?.sentence).toBe('p99: error: http://p99/: connection refused');
  });

  it('are not asked again while an answer is on its way', async () => {
    const { answers, asked, pass, watched, watcher } = lab();
    let answer: (body: string) => void = () => undefined;
    answers['hash2'] = new Promise((resolve) => (answer = resolve));
    watcher.watch(watched());
    await pass(60);
    expect(asked.filter(({ url }) => url.includes('hash2'))).toHaveLength(1);
    answer('{"v":1}');
    await pass(1);
    expect(asked.filter(({ url }) => url.includes('hash2'))).toHaveLength(2);
  });

  it('of one release hold up no other', async () => {
    const { answers, pass, watched, watcher } = lab();
    answers['hash2'] = new Promise(() => undefined);
    watcher.watch(
      watched({ queries: queriesOf(...['a', 'b', 'c', 'd'].map((name) => web(name))) }),
    );
    watcher.watch(watched({ key: 'shop/till', candidate: valuesOf(1) }));
    await pass(1);
    expect(watcher.results('shop/till')).toMatchObject([{ state: 'ok' }]);
  });

  it('begin anew when they were changed, and go on when they were not', async () => {
    const { answers, pass, states, watched, watcher } = lab();
    answers['hash2'] = '{"v":9}';
    const both = [web('a', { failures: 2 }), web('b', { failures: 2 })] as const;
    watcher.watch(watched({ queries: queriesOf(...both) }));
    await pass(1);
    watcher.watch(watched({ queries: queriesOf(both[0], { ...both[1], failures: 3 }, web('c')) }));
    expect(states()).toEqual(['a failing', 'b noData', 'c noData']);
    await pass(10);
    expect(states()).toEqual(['a failed', 'b failing', 'c failing']);
    watcher.watch(watched({ queries: queriesOf(both[0]) }));
    expect(states()).toEqual(['a failed']);
  });

  it('begin anew for another candidate', async () => {
    const { answers, pass, states, watched, watcher } = lab();
    answers['hash2'] = '{"v":9}';
    watcher.watch(watched());
    await pass(30);
    expect(states()).toEqual(['p99 failed']);
    watcher.watch(watched({ candidate: valuesOf(3) }));
    expect(states()).toEqual(['p99 noData']);
  });

  it('leave neither timer nor result behind, nor an answer that comes too late', async () => {
    const { answers, clock, pass, told, watched, watcher } = lab();
    let answer: (body: string) => void = () => undefined;
    answers['hash2'] = new Promise((resolve) => (answer = resolve));
    watcher.watch(watched());
    watcher.watch(watched({ key: 'shop/till', candidate: valuesOf(1) }));
    await pass(1);
    watcher.stopWatching(KEY);
    watcher.stop();
    answer('{"v":1}');
    await pass(30);
    expect(clock.pending()).toBe(0);
    expect(told).toEqual([false]);
    expect(watcher.results(KEY)).toEqual([]);
  });

  it('take a running Job with them when the release is over, and leave it to the next leader otherwise', async () => {
    for (const end of ['stopWatching', 'stop'] as const) {
      const { clock, pass, store, watched, watcher } = lab();
      watcher.watch(watched({ queries: queriesOf(SMOKE) }));
      await pass(1);
      expect(store.list(JOB)).toHaveLength(1);
      watcher[end](KEY);
      await pass(1);
      expect(store.list(JOB)).toHaveLength(end === 'stop' ? 1 : 0);
      expect(clock.pending()).toBe(0);
    }
  });
});
