import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../api/parse.ts';
import { instant } from '../lib/instant.ts';
import { silent } from '../lib/log.ts';
import { createManualClock } from '../lib/manual-clock.ts';
import { createCollector, type Watched } from './collect-samples.ts';
import { projectPod, projectReplicaSet } from './projections.ts';
import type { FetchPage } from './sample-pods.ts';

const specOf = (over: object = {}) => {
  const parsed = parseSpec({
    template: {},
    strategy: { canary: {} },
    checks: { scrape: { port: 9464 }, errorRate: {} },
    ...over,
  });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  return parsed.value;
};
const set = projectReplicaSet({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'any' },
});
const pod = (name: string) =>
  projectPod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name },
    status: { podIP: name, conditions: [{ type: 'Ready', status: 'True' }] },
  } as never);

function lab(errorsPerPoll: number) {
  const clock = createManualClock();
  const evidence: boolean[] = [];
  const counts = new Map<string, { requests: number; errors: number }>();
  let isReachable = true;
  const fetchPage: FetchPage = ({ host }) => {
    const before = counts.get(host) ?? { requests: 0, errors: 0 };
    const errors = host === 'canary' ? errorsPerPoll : 0;
    const now = { requests: before.requests + 100 - errors, errors: before.errors + errors };
    counts.set(host, now);
    const page = `# TYPE http_requests_total counter\nhttp_requests_total{status="200"} ${now.requests}\nhttp_requests_total{status="500"} ${now.errors}\n`;
    return Promise.resolve(isReachable ? page : undefined);
  };
  const collector = createCollector({
    clock,
    fetchPage,
    log: silent,
    onEvidence: (_key, isUrgent) => void evidence.push(isUrgent),
  });
  const watched: Watched = {
    key: 'bank/shop',
    spec: specOf(),
    startedAt: instant(0),
    revision: 7,
    weightPercent: () => 50,
    isBypassed: false,
    stable: () => ({ set, pods: [pod('stable')] }),
    candidate: () => ({ set, pods: [pod('canary')] }),
    lossesOf: () => 0,
    stored: undefined,
    storedDispersion: undefined,
  };
  const polls = async (count: number) => {
    for (let poll = 0; poll < count; poll += 1) {
      clock.advance(2000);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
  };
  return {
    clock,
    collector,
    evidence,
    polls,
    watched,
    breakOff: () => {
      isReachable = false;
    },
  };
}

const numbers = (view: ReturnType<ReturnType<typeof createCollector>['evidence']>) => {
  if (view.kind !== 'judged') throw new Error('not judged');
  return view;
};

describe('the collector', () => {
  it('says nothing of what it does not watch', () => {
    expect(lab(0).collector.evidence('bank/shop')).toEqual({ kind: 'none' });
  });

  it('counts the requests of both sides at the pace of the spec', async () => {
    const { collector, polls, watched } = lab(0);
    collector.watch(watched);
    expect(numbers(collector.evidence('bank/shop'))).toMatchObject({
      verdict: 'noData',
      sentence: 'no sample yet',
    });
    await polls(5);
    const view = numbers(collector.evidence('bank/shop'));
    expect(view.verdict).toBe('continue');
    expect(view.canary.requests).toBeGreaterThanOrEqual(400);
    expect(view.canary.errors).toBe(0);
  });

  it('speaks up at once, and once, when the candidate hurts', async () => {
    const { collector, evidence, polls, watched } = lab(50);
    collector.watch(watched);
    await polls(10);
    expect(numbers(collector.evidence('bank/shop'))).toMatchObject({
      verdict: 'rollback',
      reason: 'EvidenceOfHarm',
    });
    expect(evidence.filter(Boolean).length).toBe(1);
  });

  it('takes silence of the network for no data', async () => {
    const { breakOff, collector, polls, watched } = lab(0);
    collector.watch(watched);
    await polls(3);
    breakOff();
    await polls(10);
    expect(numbers(collector.evidence('bank/shop'))).toMatchObject({
      verdict: 'noData',
      reason: 'ScrapeFailed',
      sentence: expect.stringMatching(/; (?:canary|stable): no answer$/),
    });
  });

  it('goes on from what status remembers, and anew for another revision', async () => {
    const first = lab(5);
    first.collector.watch(first.watched);
    await first.polls(3);
    const stored: unknown = JSON.parse(JSON.stringify(first.collector.stateOf('bank/shop')));
    const again = (revision: number) => {
      const { collector, watched } = lab(5);
      collector.watch({ ...watched, revision, stored });
      return numbers(collector.evidence('bank/shop')).canary.requests;
    };
    expect(again(7)).toBe(numbers(first.collector.evidence('bank/shop')).canary.requests);
    expect(again(8)).toBe(0);
  });

  it('names the pods that fail', async () => {
    const { collector, polls, watched } = lab(50);
    collector.watch(watched);
    await polls(10);
    expect(numbers(collector.evidence('bank/shop')).sentence).toMatch(
      /; by pod: canary [\d,]+ of [\d,]+$/,
    );
  });

  it('judges crashes where no metrics are read, and speaks up only for a verdict', async () => {
    const { collector, evidence, polls, watched } = lab(0);
    const crashing = { ...pod('canary'), createdAt: instant(1) };
    const crashes = { restarts: 0 };
    const bare = specOf({ checks: {} });
    collector.watch({
      ...watched,
      spec: bare,
      candidate: () => ({ set, pods: [{ ...crashing, ...crashes }] }),
    });
    await polls(10);
    expect(numbers(collector.evidence('bank/shop'))).toMatchObject({
      basis: 'pods',
      verdict: 'continue',
    });
    expect(collector.stateOf('bank/shop')).toBeUndefined();
    const told = evidence.length;
    crashes.restarts = 3;
    await polls(2);
    const view = numbers(collector.evidence('bank/shop'));
    expect(view).toMatchObject({ verdict: 'rollback', reason: 'EvidenceOfHarm' });
    expect(view.sentence).toContain('canary pods crashed 3 times');
    expect(evidence.slice(told)).toEqual([true]);
    expect(collector.stateOf('bank/shop')).toBeDefined();
  });

  describe('at a gateway', () => {
    const traffic = { service: 'shop', gateway: { route: {} } };
    const gateway = { provider: 'envoyGateway', address: 'envoy.gateways.svc:19001' };

    /* One proxy that is asked the same of both, and fails so many of the canary's. */
    function atGateway(errorsPerPoll: number) {
      const base = lab(0);
      let looks = 0;
      let page = (): string => {
        const line = (role: string, of: string, count: number) =>
          `${of}envoy_cluster_name="service/bank/shop-${role}/80/http"} ${count}\n`;
        const [all, failed] = [
          'envoy_cluster_upstream_rq_completed{',
          'envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",',
        ];
        return (
          line('stable', all, 100 * looks) +
          line('canary', all, 100 * looks) +
          line('canary', failed, errorsPerPoll * looks)
        );
      };
      const collector = createCollector({
        clock: base.clock,
        fetchPage: () => Promise.reject(new Error('no pod is asked')),
        gatewayAccess: {
          resolve: async () => ['10.0.0.1'],
          fetch: async () => {
            looks += 1;
            return page();
          },
        },
        log: silent,
        onEvidence: (_key, isUrgent) => void base.evidence.push(isUrgent),
      });
      collector.watch({ ...base.watched, spec: specOf({ traffic, checks: { gateway } }) });
      const view = () => numbers(collector.evidence('bank/shop'));
      const countNothing = (): void => {
        page = () => '';
      };
      return { ...base, collector, countNothing, view };
    }

    it('counts the requests there where no pod is read', async () => {
      const { collector, evidence, polls, view } = atGateway(0);
      expect(view()).toMatchObject({ basis: 'gateway', verdict: 'noData' });
      await polls(5);
      expect(view()).toMatchObject({
        basis: 'gateway',
        gateway: { kind: 'counts' },
        verdict: 'continue',
        canary: { requests: 400, errors: 0 },
      });
      expect(evidence.length).toBe(5);
      expect(collector.stateOf('bank/shop')).toBeDefined();
    });

    it('speaks up at once when the candidate fails there', async () => {
      const { evidence, polls, view } = atGateway(50);
      await polls(10);
      expect(view()).toMatchObject({ verdict: 'rollback', reason: 'EvidenceOfHarm' });
      expect(view().sentence).toContain('at the gateway canary');
      expect(evidence.filter(Boolean).length).toBe(1);
    });

    it('has no data where it counts nothing per backend, and says what to do', async () => {
      const { countNothing, polls, view } = atGateway(50);
      countNothing();
      await polls(5);
      expect(view()).toMatchObject({
        verdict: 'noData',
        gateway: { kind: 'trouble', reason: 'GatewayNotPerBackend' },
      });
    });
  });

  it('learns from stable how errors cluster, and uses it for the next release only', async () => {
    const { collector, polls, watched } = lab(0);
    const pods = ['s1', 's2', 's3', 's4'].map(pod);
    collector.watch({ ...watched, stable: () => ({ set, pods }) });
    await polls(301);
    const { dispersion } = numbers(collector.evidence('bank/shop'));
    expect(dispersion).toEqual({ kind: 'assumed', phi: 2 });
    const storedDispersion: unknown = JSON.parse(
      JSON.stringify(collector.dispersionOf('bank/shop')),
    );
    collector.watch({ ...watched, revision: 8, storedDispersion });
    expect(numbers(collector.evidence('bank/shop')).dispersion).toEqual({
      kind: 'estimated',
      phi: 1,
    });
  });

  it('goes on after a restart with what tempered the release before', async () => {
    const first = lab(0);
    const spec = specOf();
    first.collector.watch(first.watched);
    await first.polls(3);
    const stored = {
      ...first.collector.stateOf('bank/shop'),
      dispersion: { errors: 3.5, latency: 4 },
    };
    const { collector, watched } = lab(0);
    collector.watch({ ...watched, spec, stored });
    expect(numbers(collector.evidence('bank/shop')).dispersion).toMatchObject({ phi: 3.5 });
  });

  it('leaves no timer behind', async () => {
    const { clock, collector, polls, watched } = lab(0);
    collector.watch(watched);
    collector.watch({ ...watched, key: 'bank/other' });
    await polls(1);
    collector.stop();
    expect(clock.pending()).toBe(0);
    expect(collector.evidence('bank/shop')).toEqual({ kind: 'none' });
  });
});
