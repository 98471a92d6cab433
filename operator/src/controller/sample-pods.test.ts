import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../api/parse.ts';
import { after, instant } from '../lib/instant.ts';
import { type PodObject, projectPod, projectReplicaSet } from './projections.ts';
import { type FetchPage, samplePods } from './sample-pods.ts';

const STARTED = instant(1_000_000);
const PAGE = [
  'http_requests_total{code="200"} 3',
  'http_request_duration_seconds_bucket{code="200",le="0.1"} 1',
  'http_request_duration_seconds_bucket{code="200",le="+Inf"} 3',
  'logins_total{result="denied"} 2',
  'logins_total{result="ok"} 5',
  '',
].join('\n');

const set = projectReplicaSet({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 's' },
});
const pod = (over: Partial<PodObject> = {}): PodObject => ({
  ...projectPod({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c', uid: 'c' } } as never),
  createdAt: after(STARTED, 1000),
  ip: '10.0.0.1',
  isReady: true,
  readyChangedAt: after(STARTED, 2000),
  ...over,
});

async function sampled(candidate: PodObject, secondsAfterReady = 60) {
  const parsed = parseSpec({
    template: {},
    strategy: { canary: {} },
    checks: {
      scrape: { port: 9090 },
      counters: [
        {
          name: 'logins',
          total: { name: 'logins_total' },
          bad: { name: 'logins_total', labels: { result: 'denied' } },
        },
      ],
    },
  });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  const { samples } = await samplePods({
    fetchPage: () => Promise.resolve(PAGE),
    spec: parsed.value,
    stable: undefined,
    candidate: { set, pods: [candidate] },
    startedAt: STARTED,
    now: after(candidate.readyChangedAt, secondsAfterReady * 1000),
  });
  return samples;
}

describe('a sample of a pod', () => {
  it('has its requests and the pairs that the user named', async () => {
    expect(await sampled(pod())).toMatchObject([
      {
        kind: 'counted',
        arm: 'canary',
        startedAfterRelease: true,
        temperature: 'warm',
        counters: { requests: 3, errors: 0, pairs: { logins: { total: 7, bad: 2 } } },
      },
    ]);
  });

  it('is not held to its pace while the pod warms up', async () => {
    expect(await sampled(pod(), 14)).toMatchObject([{ temperature: 'warmingUp' }]);
    expect(await sampled(pod(), 15)).toMatchObject([{ temperature: 'warm' }]);
  });

  it('is not taken of a pod that never answered, or is to go', async () => {
    expect(await sampled(pod({ isReady: false }))).toEqual([]);
    expect(await sampled(pod({ isTerminating: true }))).toEqual([]);
  });

  it.each<[string, { fetchPage: FetchPage; port?: string }, string]>([
    [
      'it is refused',
      { fetchPage: () => Promise.reject(new Error('it refuses us (401)')) },
      'c: it refuses us (401)',
    ],
    ['nobody answers', { fetchPage: () => Promise.resolve(undefined) }, 'c: no answer'],
    [
      'its page is cut off',
      { fetchPage: () => Promise.resolve('a 1') },
      'c: the metrics page ends in the middle of a line',
    ],
    [
      'it has no such port',
      { fetchPage: () => Promise.resolve(PAGE), port: 'stats' },
      'c: no container has a port named stats',
    ],
  ])('that has failed says why: %s', async (_what, { fetchPage, port = 9090 }, unread) => {
    const parsed = parseSpec({
      template: {},
      strategy: { canary: {} },
      checks: { scrape: { port } },
    });
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
    const look = await samplePods({
      fetchPage,
      spec: parsed.value,
      stable: undefined,
      candidate: { set, pods: [pod()] },
      startedAt: STARTED,
      now: STARTED,
    });
    expect(look).toMatchObject({ samples: [{ kind: 'failed', arm: 'canary' }], unread });
  });
});
