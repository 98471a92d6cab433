import { describe, expect, it } from '@jest/globals';
import { job as schema } from '../../api/query-sources.ts';
import { list, record } from '../../lib/json.ts';
import { jobRequest, readJob } from './job.ts';

const VALUES = {
  hash: 'bcd',
  replicaSet: 'web-r1-bcd',
  revision: '1',
  name: 'web',
  namespace: 'shop',
};

const render = (podSpec: object) =>
  jobRequest(schema.parse({ template: { metadata: { labels: { a: 'b' } }, spec: podSpec } }), {
    jobName: 'web-r1-smoke',
    values: VALUES,
    timeoutSeconds: 60,
    labels: { 'slipway.dev/release': 'web' },
    podLabels: { 'slipway.dev/query': 'smoke' },
    owner: { uid: 'u' },
  });
const podSpecOf = (job: ReturnType<typeof render>) =>
  record(record(record(job['spec'])['template'])['spec']);
const container = (podSpec: object) => record(list(podSpecOf(render(podSpec))['containers'])[0]);

describe('the Job of a check', () => {
  it('runs once, for a bounded time, and goes by itself', () => {
    expect(render({ containers: [{ name: 'smoke', image: 'smoke:1' }] })).toMatchObject({
      kind: 'Job',
      metadata: { name: 'web-r1-smoke', namespace: 'shop', ownerReferences: [{ uid: 'u' }] },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 60,
        ttlSecondsAfterFinished: 3600,
        template: {
          metadata: { labels: { a: 'b', 'slipway.dev/query': 'smoke' } },
          spec: { restartPolicy: 'Never', automountServiceAccountToken: false },
        },
      },
    });
  });

  it('is not counted among the pods of the release', () => {
    const template = record(record(render({ containers: [] })['spec'])['template']);
    expect(JSON.stringify(template['metadata'])).not.toContain('slipway.dev/release');
  });

  it('has what restricted pod security wants, unless the author says otherwise', () => {
    const podSpec = podSpecOf(
      render({ containers: [{ name: 'a' }], initContainers: [{ name: 'b' }] }),
    );
    const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(podSpec).toMatchObject({
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ securityContext: restricted }],
      initContainers: [{ securityContext: restricted }],
    });
    const own = { securityContext: { runAsUser: 7, runAsNonRoot: false }, containers: [] };
    expect(podSpecOf(render(own))['securityContext']).toMatchObject({
      runAsUser: 7,
      runAsNonRoot: false,
    });
  });

  it("tells each container the candidate's name before the author's own variables", () => {
    const env = list(
      container({ containers: [{ env: [{ name: 'URL', value: '$(SLIPWAY_HASH)' }] }] })['env'],
    );
    expect(env).toContainEqual({ name: 'SLIPWAY_HASH', value: 'bcd' });
    expect(env.at(-1)).toEqual({ name: 'URL', value: '$(SLIPWAY_HASH)' });
  });
});

const condition = (type: string, reason?: string) => ({
  status: { conditions: [{ type, status: 'True', reason }] },
});
const COMPLETE = condition('Complete');
const FAILED = condition('Failed', 'BackoffLimitExceeded');
const ended = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error') => ({
  status: { containerStatuses: [{ state: { terminated: { exitCode, reason } } }] },
});
const waiting = (reason: string) => ({
  status: { containerStatuses: [{ state: { waiting: { reason, message: 'in its words' } } }] },
});

describe('what became of a Job', () => {
  it.each<[string, { job: object; pods: object[]; want: object }]>([
    ['it ended well', { job: COMPLETE, pods: [ended(0)], want: { kind: 'value', value: 0 } }],
    ['it ended badly', { job: FAILED, pods: [ended(2)], want: { kind: 'value', value: 2 } }],
    [
      'the worst of two containers counts',
      {
        job: FAILED,
        pods: [
          {
            status: {
              containerStatuses: [
                ...ended(0).status.containerStatuses,
                ...ended(5).status.containerStatuses,
              ],
            },
          },
        ],
        want: { kind: 'value', value: 5 },
      },
    ],
    ['its program does not exist', { job: FAILED, pods: [ended(127)], want: { kind: 'error' } }],
    ['it ended with -1', { job: FAILED, pods: [ended(255)], want: { kind: 'value', value: 255 } }],
    ['it was killed', { job: FAILED, pods: [ended(137)], want: { kind: 'error' } }],
    [
      'it ran out of memory',
      { job: FAILED, pods: [ended(1, 'OOMKilled')], want: { kind: 'error' } },
    ],
    [
      'it could not be started',
      { job: FAILED, pods: [ended(128, 'StartError')], want: { kind: 'error' } },
    ],
    [
      'its node was drained',
      {
        job: FAILED,
        pods: [{ status: { reason: 'Evicted', ...ended(1).status } }],
        want: { kind: 'error' },
      },
    ],
    [
      'its time was over',
      { job: condition('Failed', 'DeadlineExceeded'), pods: [ended(1)], want: { kind: 'error' } },
    ],
    ['its pod is gone', { job: COMPLETE, pods: [], want: { kind: 'error' } }],
    ['its init container failed', { job: FAILED, pods: [{ status: {} }], want: { kind: 'error' } }],
  ])('when %s', (_what, { job, pods, want }) => {
    expect(readJob({ job, pods })).toMatchObject({ kind: 'finished', sample: want });
  });

  it.each([
    [1, 'the Job did not end in time'],
    [undefined, 'no pod of the Job was made in time'],
  ])('is an error that says what was late: %s pods made', (failed, why) => {
    const { status } = condition('Failed', 'DeadlineExceeded');
    expect(readJob({ job: { status: { ...status, failed } }, pods: [] })).toEqual({
      kind: 'finished',
      sample: { kind: 'error', why: expect.stringContaining(why) },
    });
  });

  it.each(['ImagePullBackOff', 'ErrImagePull', 'CreateContainerConfigError'])(
    'is an error before its end when its pod cannot start: %s',
    (reason) => {
      expect(readJob({ job: {}, pods: [waiting(reason)] })).toEqual({
        kind: 'stuck',
        sample: {
          kind: 'error',
          why: `the pod of the Job does not start: ${reason} in its words`,
        },
      });
    },
  );

  it.each([
    ['it was just made', {}, []],
    ['its pod is being made', {}, [waiting('ContainerCreating')]],
    ['its end is being counted', condition('FailureTarget'), [ended(1)]],
  ])('is not known yet when %s', (_what, job, pods) => {
    expect(readJob({ job, pods })).toEqual({ kind: 'running' });
  });
});
