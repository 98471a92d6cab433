import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';

import { createManualClock } from '../lib/manual-clock.ts';
import { createKubeMetrics } from './metrics.ts';
import { createQueue } from './queue.ts';
import { startReflector } from './reflector.ts';
import { createFakeStore } from './testing/fake-store.ts';
import { createFakeTransport } from './testing/fake-transport.ts';
import { PODS, pod, toSmallPod } from './testing/pods.ts';

function setUp() {
  const clock = createManualClock();
  const registry = new Registry();
  return { clock, registry, metrics: createKubeMetrics(registry, clock) };
}

describe('metrics', () => {
  it('begin at zero for everything that can happen', async () => {
    const { registry } = setUp();
    const text = await registry.metrics();
    for (const line of [
      'slipway_kube_requests_total{method="PATCH",code="409"} 0',
      'slipway_kube_requests_total{method="GET",code="none"} 0',
      'slipway_reconcile_total{outcome="drop",threw="false"} 0',
      'slipway_reconcile_total{outcome="retry",threw="true"} 0',
      'slipway_reconcile_late_total 0',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('count answers and outcomes', async () => {
    const { registry, metrics } = setUp();
    for (const status of [200, 201, 404, 409, 429, 503, 0]) metrics.answered({ method: 'POST', status });
    metrics.reconciled({
      key: 'x', outcome: { kind: 'retry', error: 1 }, elapsedMs: 30, threw: true, late: true,
    });
    const text = await registry.metrics();
    for (const line of [
      'slipway_kube_requests_total{method="POST",code="2xx"} 2',
      'slipway_kube_requests_total{method="POST",code="4xx"} 1',
      'slipway_kube_requests_total{method="POST",code="409"} 1',
      'slipway_kube_requests_total{method="POST",code="429"} 1',
      'slipway_kube_requests_total{method="POST",code="5xx"} 1',
      'slipway_kube_requests_total{method="POST",code="none"} 1',
      'slipway_reconcile_total{outcome="retry",threw="true"} 1',
      'slipway_reconcile_late_total 1',
      'slipway_reconcile_seconds_sum 0.03',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('show the queue and the caches as they are when read', async () => {
    const { clock, registry, metrics } = setUp();
    const queue = createQueue<string>({ clock });
    metrics.watchQueue(queue);
    queue.add('x');
    queue.add('y', { afterMs: 10 });
    const store = createFakeStore();
    store.put(PODS, pod('a', 'x'));
    const reflector = startReflector({
      transport: createFakeTransport(store),
      type: PODS,
      project: toSmallPod,
      onChange: () => undefined,
      clock,
    });
    metrics.watchReflector('pods', reflector);
    await reflector.synced;
    clock.advance(3000);
    const wanted = [
      'slipway_queue_keys{state="ready"} 2',
      'slipway_queue_keys{state="waiting"} 0',
      'slipway_cache_objects{resource="pods"} 1',
      'slipway_cache_lists_total{resource="pods"} 1',
      'slipway_cache_reconnects_total{resource="pods",reason="expired"} 0',
      'slipway_cache_last_event_age_seconds{resource="pods"} 3',
    ];
    // Read twice: what is counted elsewhere must not add up here.
    await registry.metrics();
    const text = await registry.metrics();
    for (const line of wanted) expect(text).toContain(line);
    await reflector.stop();
    queue.close();
  });
});
