// No secret in git: no value that is or looks like a credential, and no Secret object with content.
import { secretIn, secretShape } from './credentials.ts';
import type { Finding } from './finding.ts';
import { contained, ofKind, type Check } from './world.ts';

const REMEDY =
  'Take it from a Secret (SecretSource: existing, generated, external or sealed); no value stands in git';

/** Finds credentials in the clear. The value itself is not repeated. */
export const checkSecrets: Check = (world) => [
  ...secretObjects(world),
  ...configMaps(world),
  ...variables(world),
  ...shapes(world),
];

const secretObjects: Check = (world) =>
  ofKind(world, 'Secret').flatMap(({ path, object }) =>
    (['data', 'stringData'] as const)
      .filter((field) => Object.keys((object[field] ?? {}) as object).length > 0)
      .map((field) => ({ path, field, problem: 'a Secret with content is rendered', remedy: REMEDY })),
  );

const configMaps: Check = (world) =>
  ofKind(world, 'ConfigMap').flatMap(({ path, object }) =>
    Object.entries((object['data'] ?? {}) as Record<string, string>).flatMap(([name, value]) =>
      named({ path, field: `data.${name}` }, { name, value }),
    ),
  );

const variables: Check = (world) =>
  contained(world).flatMap(({ path, container, containerField }) =>
    (container.env ?? []).flatMap(({ name, value = '' }, index) =>
      named({ path, field: `${containerField}.env[${index}] ${name}` }, { name, value }),
    ),
  );

function named(
  at: { readonly path: string; readonly field: string },
  { name, value }: { readonly name: string; readonly value: string },
): Finding[] {
  const what = secretIn(name, value);
  return what === undefined ? [] : [{ ...at, problem: `${what} in the clear`, remedy: REMEDY }];
}

/* Anywhere else: arguments, annotations, the specs of other people's kinds. Sealed data is sealed. */
const shapes: Check = ({ objects }) =>
  objects
    .filter(({ object }) => !['Secret', 'ConfigMap', 'CustomResourceDefinition'].includes(object.kind))
    .flatMap(({ path, object }) =>
      texts(object, '')
        .filter(({ field }) => !/\.env\[\d+\]\.value$/.test(field))
        .flatMap(({ field, text }) => {
          const what = secretShape(text);
          return what === undefined ? [] : [{ path, field, problem: `${what} in the clear`, remedy: REMEDY }];
        }),
    );

interface Text {
  readonly field: string;
  readonly text: string;
}

function texts(value: unknown, field: string): readonly Text[] {
  if (typeof value === 'string') return [{ field, text: value }];
  if (Array.isArray(value)) return value.flatMap((one, index) => texts(one, `${field}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => texts(one, field ? `${field}.${key}` : key));
}
