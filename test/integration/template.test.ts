// What a version is made of: an inline template, and the ConfigMaps that belong to it.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, CONFIG_MAP, DEPLOYMENT } from '../../operator/src/controller/resources.ts';
import { list, record } from '../../operator/src/lib/json.ts';
import {
  APP,
  appRelease,
  configMap,
  deployment,
  podTemplate,
  type Version,
} from './support/builders.ts';
import { useLabs, type Lab } from './support/lab.ts';
import {
  ask,
  condition,
  isHealthy,
  isRolledBack,
  readyReason,
  serving,
} from './support/release-steps.ts';

const openLab = useLabs();

const inline = (template: Record<string, unknown>) =>
  appRelease({ template, replicas: 2, strategy: { canary: { steps: [{ weight: 50 }] } } });

/* Copies of the ConfigMap `settings`: their content, by the set that reads them. */
function copies(lab: Lab): unknown[] {
  const maps = lab.world
    .list(CONFIG_MAP)
    .filter(({ metadata }) => metadata.annotations?.['slipway.dev/config-source'] === 'settings');
  return maps.map((map) => record(map['data'])['greeting']).toSorted();
}

/* What a pod of the set would read. */
function greetingOf(lab: Lab, setName: string | undefined): unknown {
  const [pod] = lab.world
    .list({ group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true })
    .filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === setName);
  const [container] = list(record(pod?.['spec'])['containers']).map(record);
  const [from] = list(container?.['envFrom']).map(record);
  const name = record(from?.['configMapRef'])['name'];
  return record(lab.world.get(CONFIG_MAP, String(name))?.['data'])['greeting'];
}

describe('an inline template', () => {
  it('is released like any other, and gone with its AppRelease', async () => {
    const lab = await openLab();
    await lab.apply(inline(podTemplate({ tag: '1' })));
    await lab.startOperator();
    await lab.eventually('version 1', isHealthy(lab, '1'));
    await lab.apply(inline(podTemplate({ tag: '2' })));
    await lab.eventually('version 2', isHealthy(lab, '2'));
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually('the pods to go', () => lab.world.pods().length === 0);
  });

  it('that makes no sense is told with its field, harms nothing, and can be mended', async () => {
    const lab = await openLab();
    await lab.apply(inline(podTemplate({ tag: '1' })));
    await lab.startOperator();
    await lab.eventually('version 1', isHealthy(lab, '1'));
    const { spec } = podTemplate({ tag: '2' }) as {
      spec: { containers: Record<string, unknown>[] };
    };
    const [container] = spec.containers;
    await lab.apply(
      inline({
        ...podTemplate({ tag: '2' }),
        spec: { containers: [{ ...container, ports: [{ containerPort: 99_999 }] }] },
      }),
    );
    await lab.eventually('the condition', () => readyReason(lab) === 'TemplateRejected');
    expect(lab.status().phase).toBe('Blocked');
    expect(condition(lab, 'Ready')?.message).toMatch(
      /spec\.containers\[0\]\.ports\[0\]\.containerPort.*between 1 and 65535/,
    );
    expect(lab.world.pods().filter((pod) => pod.isReady && pod.image === '1')).toHaveLength(2);
    await lab.apply(inline(podTemplate({ tag: '3' })));
    await lab.eventually('version 3', isHealthy(lab, '3'));
  });
});

describe('a ConfigMap', () => {
  const version = (tag: string): Version => ({ tag, configMaps: ['settings'] });

  it('belongs to its revision: a change of it alone is a release, and is taken back with its content', async () => {
    const lab = await openLab();
    await lab.apply(configMap('settings', { greeting: 'hello' }));
    await serving(lab, {
      version: version('1'),
      steps: [{ weight: 50 }, { pause: {} }],
      spec: { progressDeadlineSeconds: 3 },
    });
    const stable = lab.status().stable?.replicaSet;
    expect(greetingOf(lab, stable)).toBe('hello');

    await lab.apply(configMap('settings', { greeting: 'good day' }));
    await lab.eventually(
      'the release',
      () => lab.status().phase === 'Paused' && lab.status().weight?.observed === 50,
    );
    expect(greetingOf(lab, lab.status().candidate?.replicaSet)).toBe('good day');
    expect(greetingOf(lab, stable)).toBe('hello');
    expect(lab.world.list(CONFIG_MAP).filter((map) => map['immutable'] === true)).toHaveLength(2);

    await lab.apply({
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'ReleaseAction',
      metadata: { name: 'no' },
      spec: { release: APP, action: 'abort', revision: 2, by: 'admin' },
    });
    await lab.eventually(
      'the rollback',
      () => lab.status().stage === 'RolledBack' && lab.world.pods().length === 2,
    );
    expect(lab.status().stable?.replicaSet).toBe(stable);
    expect(greetingOf(lab, stable)).toBe('hello');
  });

  it('has its old copies removed with their revisions', async () => {
    const lab = await openLab();
    await lab.apply(configMap('settings', { greeting: 'a' }));
    await serving(lab, {
      version: version('1'),
      steps: [],
      replicas: 1,
      spec: { revisionHistoryLimit: 1 },
    });
    for (const greeting of ['b', 'c', 'd']) {
      const before = lab.status().stable?.revision ?? 0;
      await lab.apply(configMap('settings', { greeting }));
      await lab.eventually(
        `the release of ${greeting}`,
        () => lab.status().phase === 'Healthy' && lab.status().stable?.revision === before + 1,
      );
    }
    await lab.eventually('the old sets to go', () => lab.world.sets().length === 2);
    await lab.eventually('their copies to go', () => copies(lab).join() === 'c,d');
    expect(record(lab.world.get(CONFIG_MAP, 'settings')?.['data'])).toEqual({ greeting: 'd' });
  });

  it('of an adopted version is read live until its first release, and says so', async () => {
    const lab = await openLab();
    await lab.apply(configMap('settings', { greeting: 'a' }));
    await lab.apply(deployment(version('1'), 1));
    await lab.eventually(
      'the Deployment to serve',
      () => lab.world.pods().filter((pod) => pod.isReady).length === 1,
    );
    const before = lab.world.pods().map(({ uid }) => uid);
    await lab.apply(
      appRelease({ workloadRef: { name: APP }, strategy: { canary: { steps: [] } } }),
    );
    await lab.startOperator();
    await lab.eventually('the adoption', isHealthy(lab, '1'));
    expect(condition(lab, 'ConfigNotSnapshotted')?.status).toBe('True');
    expect(lab.world.pods().map(({ uid }) => uid)).toEqual(before);
    await lab.apply(configMap('settings', { greeting: 'b' }));
    await lab.eventually(
      'a release of the change',
      () => lab.status().stable?.revision === 2 && lab.status().phase === 'Healthy',
    );
    expect(condition(lab, 'ConfigNotSnapshotted')).toBeUndefined();
    expect(greetingOf(lab, lab.status().stable?.replicaSet)).toBe('b');
  });

  it('of a version that is handed back stays for as long as its pods', async () => {
    const lab = await openLab();
    await lab.apply(configMap('settings', { greeting: 'a' }));
    await serving(lab, { version: version('1'), steps: [{ weight: 50 }, { pause: {} }] });
    await ask(lab, { ...version('2'), behaviour: 'image-missing' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    const stable = lab.status().stable?.replicaSet;
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually(
      'the AppRelease to go',
      () => lab.world.get(APP_RELEASE, APP) === undefined,
    );
    expect(record(lab.world.get(DEPLOYMENT, APP)?.['spec'])['paused']).toBe(true);
    expect(greetingOf(lab, stable)).toBe('a');
    const [copy] = lab.world
      .list(CONFIG_MAP)
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some(
          ({ kind, name }) => kind === 'ReplicaSet' && name === stable,
        ),
      );
    expect(record(copy?.['data'])).toEqual({ greeting: 'a' });
  });
});
