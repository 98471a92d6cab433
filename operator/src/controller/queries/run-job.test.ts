import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createClient } from '../../kube/client.ts';
import type { RawObject } from '../../kube/resource.ts';
import { createFakeStore } from '../../kube/testing/fake-store.ts';
import { createFakeTransport } from '../../kube/testing/fake-transport.ts';
import { createManualClock } from '../../lib/manual-clock.ts';
import { JOB, POD } from '../resources.ts';
import { checkJobName, type JobAsk, runJob } from './run-job.ts';

const VALUES = {
  hash: 'bcd',
  replicaSet: 'web-r2-bcd',
  revision: '2',
  name: 'web',
  namespace: 'shop',
};
const NAME = checkJobName('web', 2, 'smoke');

function lab() {
  const store = createFakeStore();
  const transport = createFakeTransport(store);
  const clock = createManualClock();
  const stopping = new AbortController();
  const ask: JobAsk = {
    queryName: 'smoke',
    source: {
      template: { spec: { containers: [{ name: 'smoke', image: 'smoke:1' }] } },
      keepSeconds: 3600,
    },
    values: VALUES,
    timeoutSeconds: 60,
    ownerUid: 'release-uid',
    signal: stopping.signal,
  };
  const job = () => store.get(JOB, 'shop', NAME);
  const put = (over: Partial<RawObject>) =>
    store.put(JOB, { ...(job() ?? { metadata: { name: NAME, namespace: 'shop' } }), ...over });
  /* The Job controller and the kubelet. */
  const end = (exitCode: number) => {
    const uid = job()?.metadata.uid ?? '';
    store.put(POD, {
      metadata: {
        name: 'pod',
        namespace: 'shop',
        labels: { 'batch.kubernetes.io/job-name': NAME },
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: NAME, uid }],
      },
      status: { containerStatuses: [{ state: { terminated: { exitCode, reason: 'Error' } } }] },
    });
    const type = exitCode === 0 ? 'Complete' : 'Failed';
    put({ status: { conditions: [{ type, status: 'True' }] } });
  };
  const settle = async (ms = 0) => {
    clock.advance(ms);
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
  };
  const run = () => runJob({ client: createClient(transport), clock }, ask);
  return { clock, end, job, put, run, settle, stopping, store, transport };
}

describe('a check that is a Job', () => {
  it('is made, waited for, and left for whoever wants to read its log', async () => {
    const { end, job, run, settle } = lab();
    const running = run();
    await settle();
    expect(job()).toMatchObject({
      metadata: {
        labels: { 'slipway.dev/release': 'web', 'slipway.dev/query': 'smoke' },
        ownerReferences: [
          { kind: 'AppRelease', name: 'web', uid: 'release-uid', controller: true },
        ],
      },
      spec: { activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 3600 },
    });
    await settle(4000);
    end(3);
    await settle(2000);
    expect(await running).toEqual({ kind: 'value', value: 3, what: 'exit code' });
    expect(job()).toBeDefined();
  });

  it('makes room for the next one', async () => {
    const { end, job, run, settle } = lab();
    const uids: unknown[] = [];
    for (const exitCode of [0, 1]) {
      const running = run();
      await settle();
      uids.push(job()?.metadata.uid);
      end(exitCode);
      await settle(2000);
      expect(await running).toMatchObject({ value: exitCode });
    }
    expect(new Set(uids).size).toBe(2);
  });

  it('that an earlier process has started is waited for, not run twice', async () => {
    const { end, job, run, settle } = lab();
    void run();
    await settle();
    const uid = job()?.metadata.uid;
    const again = run();
    await settle();
    end(0);
    await settle(2000);
    expect(await again).toMatchObject({ kind: 'value', value: 0 });
    expect(job()?.metadata.uid).toBe(uid);
  });

  it('is not mistaken for one that somebody else has made, which is left alone', async () => {
    const { job, put, run } = lab();
    put({ metadata: { name: NAME, namespace: 'shop', ownerReferences: [] } });
    const uid = job()?.metadata.uid;
    expect(await run()).toMatchObject({
      kind: 'error',
      why: expect.stringContaining('we did not make'),
    });
    expect(job()?.metadata.uid).toBe(uid);
  });

  it('takes no exit code from a pod that is not its own', async () => {
    const { job, put, run, settle, store } = lab();
    const running = run();
    await settle();
    store.put(POD, {
      metadata: {
        name: 'forged',
        namespace: 'shop',
        labels: { 'batch.kubernetes.io/job-name': NAME },
      },
      status: { containerStatuses: [{ state: { terminated: { exitCode: 1 } } }] },
    });
    put({ ...job(), status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    await settle(2000);
    expect(await running).toMatchObject({ kind: 'error' });
  });

  it.each([
    ['delete', undefined],
    ['leave', NAME],
  ])('goes with the release that nobody tries any more (%s)', async (fate, left) => {
    const { job, run, settle, stopping } = lab();
    const running = run();
    await settle();
    stopping.abort(fate);
    await settle();
    expect(await running).toMatchObject({ kind: 'error' });
    expect(job()?.metadata.name).toBe(left);
  });

  it('that cannot start is given up at once, and makes room', async () => {
    const { job, run, settle, store } = lab();
    const running = run();
    await settle();
    const uid = job()?.metadata.uid ?? '';
    const waiting = { reason: 'ErrImagePull', message: 'not found' };
    store.put(POD, {
      metadata: {
        name: 'pod',
        namespace: 'shop',
        labels: { 'batch.kubernetes.io/job-name': NAME },
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: NAME, uid }],
      },
      status: { containerStatuses: [{ state: { waiting } }] },
    });
    await settle(2000);
    expect(await running).toMatchObject({ why: expect.stringContaining('ErrImagePull not found') });
    expect(job()).toBeUndefined();
  });

  it('is given up when it never ends', async () => {
    const { clock, job, run, settle } = lab();
    const running = run();
    for (let at = 0; at < 70; at += 1) await settle(2000);
    expect(await running).toMatchObject({
      kind: 'error',
      why: expect.stringContaining('does not end'),
    });
    expect(clock.pending()).toBe(0);
    expect(job()).toBeUndefined();
  });

  it.each([
    [422, 'the API server refuses the Job'],
    [403, 'may not be made'],
    [503, 'could not be run (server)'],
    [0, 'could not be run (network)'],
  ])('is an error when the API server answers %d', async (status, says) => {
    const { run, transport } = lab();
    transport.failNext(status);
    expect(await run()).toMatchObject({ kind: 'error', why: expect.stringContaining(says) });
  });
});

describe('the name of a check Job', () => {
  it('is a label, and another one for each release, revision and query', () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/);
    const subject = fc.tuple(
      label,
      fc.integer({ min: 1, max: 9999 }),
      label.map((text) => text.slice(0, 40)),
    );
    fc.assert(
      fc.property(subject, subject, (a, b) => {
        const [first, second] = [checkJobName(...a), checkJobName(...b)];
        expect(first).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
        expect(first === second).toBe(a.join('/') === b.join('/'));
      }),
    );
    expect(checkJobName('a', 1, 'r2-x')).not.toBe(checkJobName('a-r1', 2, 'x'));
  });
});
