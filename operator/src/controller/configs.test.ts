import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { configMapNames } from '../rollout/revision.ts';
import { configCopyObject, createConfigReader } from './configs.ts';

const TEMPLATE = {
  spec: {
    containers: [
      { envFrom: [{ configMapRef: { name: 'settings' } }, { configMapRef: { name: 'flags' } }] },
    ],
  },
};
const RELEASE = { name: 'shop', live: [] };

function lab(content: Record<string, Record<string, string>>) {
  let reads = 0;
  const versions = new Map(Object.keys(content).map((name) => [name, '1']));
  const client = {
    get: ({ name }: { name: string }) => {
      reads += 1;
      const data = content[name];
      return data
        ? Promise.resolve({ metadata: { name, resourceVersion: versions.get(name) }, data })
        : Promise.reject(
            new ApiError({ message: 'gone', code: 'notFound', status: 404, reason: 'NotFound' }),
          );
    },
  } as unknown as KubeClient;
  const configMaps = {
    get: (_namespace: string, name: string) =>
      versions.has(name) ? { resourceVersion: versions.get(name) } : undefined,
  };
  return {
    reader: createConfigReader(client, { configMaps } as never),
    reads: () => reads,
    change: (name: string, data: Record<string, string>, version: string) => {
      content[name] = data;
      versions.set(name, version);
    },
  };
}

describe('the ConfigMaps of a template', () => {
  it('are copied under a name made from their content', async () => {
    const { reader } = lab({ settings: { a: '1' }, flags: { b: '2' } });
    const { copies, sources, template } = await reader.configure('bank', TEMPLATE, RELEASE);
    expect(sources).toEqual(['flags', 'settings']);
    expect(configMapNames(template)).toEqual(copies.map(({ name }) => name).toSorted());
    for (const copy of copies)
      expect(copy.name).toMatch(new RegExp(`^shop-${copy.source}-[a-z0-9]{10}$`));
  });

  it('make another template when their content changes, and the same when only their version does', async () => {
    const { change, reader } = lab({ settings: { a: '1' }, flags: { b: '2' } });
    const first = await reader.configure('bank', TEMPLATE, RELEASE);
    change('settings', { a: '1' }, '2');
    const touched = await reader.configure('bank', TEMPLATE, RELEASE);
    change('settings', { a: 'other' }, '3');
    const changed = await reader.configure('bank', TEMPLATE, RELEASE);
    expect(touched).toEqual(first);
    expect([changed.template, changed.contentDigest]).not.toEqual([
      first.template,
      first.contentDigest,
    ]);
  });

  it('are read once per version', async () => {
    const { reader, reads } = lab({ settings: { a: '1' }, flags: {} });
    await reader.configure('bank', TEMPLATE, RELEASE);
    await reader.configure('bank', TEMPLATE, RELEASE);
    expect(reads()).toBe(2);
  });

  it('keep their name while they are missing, or where the author wants them live', async () => {
    const { reader } = lab({ settings: { a: '1' } });
    const { copies, template } = await reader.configure('bank', TEMPLATE, {
      name: 'shop',
      live: ['settings'],
    });
    expect(copies).toEqual([]);
    expect(template).toEqual(TEMPLATE);
  });

  it('become immutable copies that say where they are from', () => {
    expect(
      configCopyObject(
        { name: 'shop-settings-x', source: 'settings', content: { data: { a: '1' } } },
        'shop',
        'bank',
      ),
    ).toMatchObject({
      immutable: true,
      data: { a: '1' },
      metadata: {
        name: 'shop-settings-x',
        annotations: { 'slipway.dev/config-source': 'settings' },
      },
    });
  });
});
