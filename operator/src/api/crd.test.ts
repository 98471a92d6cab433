import { describe, expect, it } from '@jest/globals';
import { appReleaseCrd, customResourceDefinitions, releaseActionCrd } from './crd.ts';

interface Node {
  readonly path: string;
  readonly value: Record<string, unknown>;
}

/** Every schema in the CRD: the values of properties, items and additionalProperties. */
function schemasOf(value: unknown, path = ''): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Record<string, unknown>;
  const inner = [
    ...Object.entries((node['properties'] ?? {}) as object).map(
      ([name, one]) => [`${path}.${name}`, one] as const,
    ),
    ...(['items', 'additionalProperties', 'openAPIV3Schema'] as const).map(
      (key) => [`${path}[]`, node[key]] as const,
    ),
  ];
  return [{ path, value: node }, ...inner.flatMap(([at, one]) => schemasOf(one, at))];
}

const versionOf = (crd: object) =>
  (crd as { spec: { versions: { schema: { openAPIV3Schema: object } }[] } }).spec.versions[0]
    ?.schema.openAPIV3Schema;
const NODES = customResourceDefinitions().flatMap((crd) => schemasOf(versionOf(crd)));

describe('the CRDs', () => {
  it('stay below the size that kubectl apply can carry', () => {
    for (const crd of customResourceDefinitions())
      expect(JSON.stringify(crd).length).toBeLessThan(200 * 1024);
  });

  it('are structural: every part has a type, and none refers to another', () => {
    expect(JSON.stringify(customResourceDefinitions())).not.toMatch(
      /"\$ref"|"\$schema"|"propertyNames"|"additionalProperties":false/,
    );
    const untyped = NODES.filter(
      ({ value }) =>
        value['type'] === undefined && value['x-kubernetes-int-or-string'] === undefined,
    );
    expect(untyped.map(({ path }) => path)).toEqual([]);
  });

  it('bound every list and every text of the spec, or a rule could cost too much', () => {
    const lists = NODES.filter(
      ({ value }) => value['type'] === 'array' && value['maxItems'] === undefined,
    );
    expect(lists.map(({ path }) => path)).toEqual([]);
    const texts = NODES.filter(
      ({ path, value }) =>
        path.startsWith('.spec') &&
        value['type'] === 'string' &&
        value['maxLength'] === undefined &&
        value['enum'] === undefined,
    );
    expect(texts.map(({ path }) => path)).toEqual([]);
  });

  it('say what each field of the spec is for', () => {
    const silent = NODES.filter(
      ({ path, value }) => /^\.spec\.[^[]+$/.test(path) && value['description'] === undefined,
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('let an autoscaler scale', () => {
    expect(appReleaseCrd()).toMatchObject({
      spec: {
        versions: [
          {
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', labelSelectorPath: '.status.selector' },
            },
          },
        ],
      },
    });
    expect(NODES.find(({ path }) => path === '.spec.replicas')?.value['default']).toBeUndefined();
  });

  it('are rendered the same each time', () => {
    expect(JSON.stringify(releaseActionCrd())).toBe(JSON.stringify(releaseActionCrd()));
    expect(JSON.stringify(appReleaseCrd())).toBe(JSON.stringify(appReleaseCrd()));
  });
});
