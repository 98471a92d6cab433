// The user's own queries: whom the operator asks while a release is under way, and checks that are
// Jobs, run by the cluster's own Job controller. What answers mean is tested beside its source.
import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { POD_TEMPLATE_HASH } from '../../operator/src/api/labels.ts';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { checkJobName, runJob } from '../../operator/src/controller/queries/run-job.ts';
import { APP_RELEASE, JOB, POD } from '../../operator/src/controller/resources.ts';
import type { QuerySample } from '../../operator/src/analysis/query-sample.ts';
import type { RawObject } from '../../operator/src/kube/resource.ts';
import { systemClock } from '../../operator/src/lib/clock.ts';
import { type Behaviour, BEHAVIOUR_LABEL } from '../cluster/src/kwok/stages.ts';
import { APP, appRelease, canary } from './support/builders.ts';
import { useLabs, type Lab } from './support/lab.ts';
import {
  ask,
  isHealthy,
  isPausedAt,
  isRolledBack,
  readyReason,
  serving,
} from './support/release-steps.ts';

const openLab = useLabs();

const PAUSED_HALF_WAY = [{ weight: 50 }, { pause: {} }];
const jobsIn = async ({ client, namespace }: Lab): Promise<readonly RawObject[]> =>
  (await client.list(JOB, { namespace })).items;

/* A server that answers each version what `values` has for its hash, and 503 for others. */
async function serveValues(lab: Lab, values: Map<string, number>, failures = 2) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const value = values.get(request.url?.split('/').at(-1) ?? '');
    response.writeHead(value === undefined ? 503 : 200).end(JSON.stringify({ v: value }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  lab.onEnd(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const url = `http://127.0.0.1:${port}/{{namespace}}/{{name}}/{{hash}}`;
  const web = { url, path: 'v' };
  const query = { name: 'value', web, compareWithStable: {}, everySeconds: 1, failures };
  return { asked, checks: { queries: [query] } };
}

describe('a query over HTTP', () => {
  it('is asked about both versions while a release is under way, and not at rest', async () => {
    const lab = await openLab();
    const { asked, checks } = await serveValues(lab, new Map());
    await serving(lab, { steps: PAUSED_HALF_WAY, spec: { checks } });
    expect(asked).toEqual([]);

    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    const { candidate, stable } = lab.status();
    const pathOf = (hash = '') => `/${lab.namespace}/${APP}/${hash}`;
    const both = [pathOf(candidate?.podTemplateHash), pathOf(stable?.podTemplateHash)];
    await lab.eventually('both to be asked', () => both.every((path) => asked.includes(path)));
    expect([...new Set(asked)].toSorted()).toEqual(both.toSorted());
    const { items } = await lab.client.list(POD, { namespace: lab.namespace });
    const hashes = items.map(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH]);
    expect(hashes).toContain(candidate?.podTemplateHash);
  });

  it('takes the candidate back from a pause when its values stay bad, with the numbers', async () => {
    const lab = await openLab();
    const values = new Map<string, number>();
    const { checks } = await serveValues(lab, values);
    await serving(lab, { steps: PAUSED_HALF_WAY, spec: { checks } });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    values.set(lab.status().stable?.podTemplateHash ?? '', 4);
    values.set(lab.status().candidate?.podTemplateHash ?? '', 7);
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    const message = '7, stable 4: above 5, 2 times in a row';
    expect(readyReason(lab)).toBe('ChecksFailed');
    expect(lab.status().checks).toContainEqual({
      name: 'query/value',
      state: 'failed',
      failures: 2,
      message,
    });
    expect(lab.status().history?.[0]).toMatchObject({
      outcome: 'RolledBack',
      message: `value: ${message}`,
    });
  });

  it('counts on from the bad values that an earlier operator has seen', async () => {
    const lab = await openLab();
    const values = new Map<string, number>();
    const { asked, checks } = await serveValues(lab, values, 6);
    const operator = await serving(lab, { steps: PAUSED_HALF_WAY, spec: { checks } });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    const hash = lab.status().candidate?.podTemplateHash ?? '';
    values.set(lab.status().stable?.podTemplateHash ?? '', 4);
    const unanswered = asked.length;
    values.set(hash, 7);
    const row = () => lab.status().checks?.find(({ name }) => name === 'query/value');
    await lab.eventually('half of them', () => (row()?.failures ?? 0) >= 3);
    await operator.stop();
    await lab.startOperator();
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(row()).toMatchObject({ state: 'failed', failures: 6 });
    // One that was answered when the operator went may not have been written down; three would be.
    const askings = asked.slice(unanswered).filter((path) => path.endsWith(hash));
    expect(askings.length).toBeLessThanOrEqual(8);
  });

  it('holds a verify while it has no value, whoever restarts, and lets it pass when it is good', async () => {
    const lab = await openLab();
    const values = new Map<string, number>();
    const { asked, checks } = await serveValues(lab, values);
    const steps = [{ weight: 50 }, { verify: { seconds: 1, requests: 0 } }];
    const operator = await serving(lab, { steps, spec: { checks } });
    await ask(lab, { tag: '2' });
    await lab.eventually('the error in status', () =>
      (lab.status().message ?? '').includes('value: error: it answers 503'),
    );
    await operator.stop();
    const askedBefore = asked.length;
    await lab.startOperator();
    // By then the next operator has looked, decided and written more than once.
    await lab.eventually('the next operator to ask', () => asked.length > askedBefore + 4);
    expect(lab.status()).toMatchObject({ stage: 'Stepping', step: { index: 1 } });
    values.set(lab.status().stable?.podTemplateHash ?? '', 4);
    values.set(lab.status().candidate?.podTemplateHash ?? '', 4);
    await lab.eventually('the second version', isHealthy(lab, '2'));
  });
});

describe('a check that is a Job', () => {
  const smoke = (behaviour?: Behaviour) => ({
    name: 'smoke',
    job: {
      template: {
        metadata: { labels: behaviour ? { [BEHAVIOUR_LABEL]: behaviour } : {} },
        spec: { containers: [{ name: 'smoke', image: 'localhost/smoke:1' }] },
      },
    },
  });

  it('is run for the candidate, and belongs to the AppRelease', async () => {
    const lab = await openLab();
    await serving(lab, { steps: PAUSED_HALF_WAY, spec: { checks: { queries: [smoke()] } } });
    expect(await jobsIn(lab)).toEqual([]);
    await ask(lab, { tag: '2' });
    await lab.eventually('the Job to be done', async () => {
      const [job] = await jobsIn(lab);
      return JSON.stringify(job?.['status'] ?? '').includes('"Complete"');
    });
    const [job] = await jobsIn(lab);
    expect(job?.metadata).toMatchObject({
      name: checkJobName(APP, 2, 'smoke'),
      ownerReferences: [{ kind: 'AppRelease', uid: lab.world.get(APP_RELEASE, APP)?.metadata.uid }],
    });
    expect(JSON.stringify(job)).toContain(lab.status().candidate?.podTemplateHash);
  });

  it('that still runs goes when the release is over', async () => {
    const lab = await openLab();
    const spec = { checks: { queries: [smoke('never-ready')] } };
    await serving(lab, { steps: PAUSED_HALF_WAY, spec });
    await ask(lab, { tag: '2' });
    await lab.eventually('the Job', async () => (await jobsIn(lab)).length === 1);
    await ask(lab, { tag: '1' });
    await lab.eventually('the first version', isHealthy(lab, '1'));
    await lab.eventually('the end of the Job', async () => (await jobsIn(lab)).length === 0);
  });
});

describe('what became of a Job on a real Job controller', () => {
  /* A release that nobody carries out owns the Job: without an owner it would be collected. */
  async function run(
    lab: Lab,
    over: { podSpec?: object; behaviour?: Behaviour; timeoutSeconds?: number } = {},
  ) {
    const owner = await lab.apply(appRelease(canary([])));
    const labels = over.behaviour ? { [BEHAVIOUR_LABEL]: over.behaviour } : {};
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'smoke', image: 'localhost/smoke:1' }], ...over.podSpec },
    };
    return runJob(
      { client: lab.client, clock: systemClock },
      {
        queryName: 'smoke',
        source: { template, keepSeconds: 3600 },
        values: {
          hash: 'bcd',
          replicaSet: 'web-r2-bcd',
          revision: '2',
          name: APP,
          namespace: lab.namespace,
        },
        timeoutSeconds: over.timeoutSeconds ?? 30,
        ownerUid: owner.metadata.uid ?? '',
        signal: new AbortController().signal,
      },
    );
  }

  /* What the kubelet would report of a program that ended so. */
  async function endPods(lab: Lab, exitCode: number): Promise<void> {
    await lab.eventually(
      'the pod of the Job',
      async () => (await lab.client.list(POD, { namespace: lab.namespace })).items.length > 0,
    );
    const { items } = await lab.client.list(POD, { namespace: lab.namespace });
    for (const { metadata } of items) {
      const state = {
        terminated: { exitCode, reason: 'Error', startedAt: null, finishedAt: null },
      };
      const containerStatuses = [
        { name: 'smoke', image: 'x', imageID: 'x', ready: false, restartCount: 0, state },
      ];
      await lab.client.mergePatch(
        { type: POD, namespace: lab.namespace, name: metadata.name ?? '' },
        { status: { phase: 'Failed', containerStatuses } },
        { subresource: 'status' },
      );
    }
  }

  it('is its exit code, even where only restricted pods may run', async () => {
    const lab = await openLab();
    await lab.kubectl([
      'label',
      'namespace',
      lab.namespace,
      'pod-security.kubernetes.io/enforce=restricted',
    ]);
    expect(await run(lab)).toEqual({ kind: 'value', value: 0, what: 'exit code' });
    const running = run(lab, { behaviour: 'never-ready' });
    await lab.eventually('the next Job', async () => {
      const [pod] = (
        await lab.client.list(POD, { namespace: lab.namespace, labelSelector: BEHAVIOUR_LABEL })
      ).items;
      return pod !== undefined;
    });
    await endPods(lab, 3);
    expect(await running).toEqual({ kind: 'value', value: 3, what: 'exit code' });
    expect(await jobsIn(lab)).toHaveLength(1);
  });

  const ERRORS: Record<string, { over: Parameters<typeof run>[1]; why: string }> = {
    'its time is over': {
      over: { behaviour: 'never-ready', timeoutSeconds: 1 },
      why: 'did not end in time',
    },
    'its pods may not be made': {
      over: { podSpec: { serviceAccountName: 'gone' }, timeoutSeconds: 2 },
      why: 'no pod of the Job was made in time',
    },
    'its image is missing': { over: { behaviour: 'image-missing' }, why: 'ErrImagePull' },
    'its template makes no sense': {
      over: { podSpec: { containers: [{ name: 'No Name' }] } },
      why: 'the API server refuses the Job',
    },
  };
  it.each(Object.entries(ERRORS))('is an error when %s', async (_what, { over, why }) => {
    const lab = await openLab();
    const sample: QuerySample = await run(lab, over);
    expect(sample).toEqual({ kind: 'error', why: expect.stringContaining(why) });
  });
});

describe('an AppRelease with queries', () => {
  it('M5: a spec comes back from the API server as it was written, with the defaults of the types', async () => {
    const lab = await openLab();
    const query = {
      name: 'p99',
      prometheus: {
        address: 'http://prometheus:9090',
        query: 'x{h="{{hash}}"}',
        range: { seconds: 60 },
      },
      compareWithStable: { ratio: 1.5 },
    };
    const { spec } = await lab.apply({
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'AppRelease',
      metadata: { name: APP },
      spec: { template: {}, strategy: { canary: {} }, checks: { queries: [query] } },
    });
    expect(parseSpec(spec)).toMatchObject({
      kind: 'valid',
      value: {
        checks: {
          queries: [
            {
              ...query,
              failures: 3,
              prometheus: {
                ...query.prometheus,
                range: { seconds: 60, stepSeconds: 15, reduce: 'mean' },
              },
            },
          ],
        },
      },
    });
    expect(JSON.stringify(spec)).toContain('"worse":"higher"');
  });
});
