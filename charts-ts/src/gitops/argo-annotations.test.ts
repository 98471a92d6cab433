import { describe, expect, it } from '@jest/globals';
import { BANK } from '../environments/bank-names.ts';
import { DEMO } from '../environments/demo.ts';
import { ENVIRONMENT_NAMES } from '../environments/registry.ts';
import type { Manifest } from '../manifest.ts';
import { renderEnvironment } from '../render.ts';
import { needed, reference, rendered } from '../testing/references.ts';
import { forArgoCd, WAVES, waveOf } from './argo-annotations.ts';

/* Made by people: charts-ts/README.md says how. */
const EXTERNAL = [
  reference('Secret', DEMO.namespace, DEMO.databaseSecret),
  reference('Secret', BANK.namespace, BANK.tokensSecret),
];

const object = (kind: string, over: Partial<Manifest> = {}): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'shop', namespace: 'bank' },
  ...over,
});

const annotationsOf = (objects: readonly Manifest[]) =>
  forArgoCd([{ objects }]).flatMap((file) => file.objects.map(({ metadata }) => metadata.annotations));

describe.each(ENVIRONMENT_NAMES)('environment %s', (name) => {
  const objects = renderEnvironment(name).flatMap((file) => file.objects);

  it('applies nothing before what it names', () => {
    const there = new Set(EXTERNAL);
    for (const wave of Object.values(WAVES).toSorted((a, b) => a - b)) {
      const applied = objects.filter((one) => waveOf(one) === wave);
      for (const one of rendered(applied)) there.add(one);
      expect(needed(applied).filter((one) => !there.has(one))).toEqual([]);
    }
  });

  it('says the wave on every object', () => {
    const silent = objects.filter(
      (one) => one.metadata.annotations?.['argocd.argoproj.io/sync-wave'] !== String(waveOf(one)),
    );
    expect(silent).toEqual([]);
  });

  it('has kinds before the operator, the operator and the migration before the release', () => {
    const wavesOf = (kind: string) => objects.filter((one) => one.kind === kind).map(waveOf);
    const operator = objects.filter(
      (one) => one.kind === 'Deployment' && one.metadata.namespace === 'slipway-system',
    );
    const [release = NaN] = wavesOf('AppRelease');
    expect(wavesOf('AppRelease').every((wave) => wave === 0)).toBe(true);
    expect(wavesOf('CustomResourceDefinition').every((wave) => wave === -2)).toBe(true);
    expect([...wavesOf('Job'), ...operator.map(waveOf)].filter((wave) => wave >= release)).toEqual([]);
  });
});

describe('marks for Argo CD', () => {
  it('make a Job a hook, for its template cannot change', () => {
    expect(annotationsOf([object('Job', { apiVersion: 'batch/v1' })])).toEqual([
      {
        'argocd.argoproj.io/sync-wave': '-1',
        'argocd.argoproj.io/hook': 'Sync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
      },
    ]);
  });

  it('keep a ConfigMap with the Deployment that reads it: alone it would be a release', () => {
    expect(waveOf(object('ConfigMap'))).toBe(waveOf(object('Deployment', { apiVersion: 'apps/v1' })));
  });

  it.each(['CustomResourceDefinition', 'Namespace', 'PersistentVolumeClaim'])('never prune a %s', (kind) => {
    expect(annotationsOf([object(kind)])).toEqual([
      {
        'argocd.argoproj.io/sync-wave': '-2',
        'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
      },
    ]);
  });

  const release = object('AppRelease', {
    apiVersion: 'slipway.dev/v1alpha1',
    spec: { workloadRef: { name: 'shop' } },
  });
  const deployment = object('Deployment', {
    apiVersion: 'apps/v1',
    spec: {
      template: { spec: { containers: [{ image: 'shop:2' }], initContainers: [{ image: 'wait:1' }] } },
    },
  });

  it('say on a release which images its Deployment asks for, in the order of its status', () => {
    expect(annotationsOf([release, deployment])[0]).toEqual({
      'argocd.argoproj.io/sync-wave': '0',
      'slipway.dev/images': 'wait:1,shop:2',
    });
  });

  it('say no images where the Deployment is another or in another namespace', () => {
    const elsewhere = { ...deployment, metadata: { name: 'shop', namespace: 'other' } };
    expect(annotationsOf([release, elsewhere])[0]).toEqual({ 'argocd.argoproj.io/sync-wave': '0' });
  });

  it('leave what is there', () => {
    const metadata = { name: 'shop', namespace: 'bank', annotations: { team: 'a' } };
    expect(annotationsOf([object('Service', { metadata })])[0]).toMatchObject({ team: 'a' });
  });
});
