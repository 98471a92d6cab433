// Who selects pods selects the right ones: a workload its own and nobody else's, everything else some.
import type { Finding } from './finding.ts';
import { namespaceOf, ofKind, selects, templated, type Check, type LabelQuery, type Located } from './world.ts';

const OWNERS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** Finds selectors that match no pods, or the pods of somebody else. */
export const checkSelectors: Check = (world) => [
  ...ofKind(world, ...OWNERS).flatMap((one) => checkOwner(one, world)),
  ...ofKind(world, 'Service', 'PodDisruptionBudget', 'NetworkPolicy').flatMap((one) => checkUser(one, world)),
  ...ofKind(world, 'ServiceMonitor').flatMap((one) => checkMonitor(one, world)),
  ...checkSpread(world),
];

const checkOwner = (one: Located, world: Parameters<Check>[0]): readonly Finding[] => {
  const selector = (one.object['spec'] as Selecting).selector ?? {};
  const finding = { path: one.path, field: 'spec.selector.matchLabels' };
  const pods = templated(world).filter((other) => namespaceOf(other) === namespaceOf(one));
  const own = pods.find(({ object }) => object === one.object);
  const remedy = 'Use the same labels in both, for example labelsOf(identity)';
  if (Object.keys(selector.matchLabels ?? {}).length === 0) {
    return [{ ...finding, problem: 'it selects every pod of the namespace', remedy }];
  }
  if (own !== undefined && !selects(selector, own.template.labels)) {
    return [{ ...finding, problem: `it does not match the template's labels ${text(own.template.labels)}`, remedy }];
  }
  return pods
    .filter(({ object, template }) => object !== one.object && selects(selector, template.labels))
    .map(({ template }) => ({
      ...finding,
      problem: `it also matches the pods of ${template.owner}`,
      remedy: 'Give each workload a name and component of its own',
    }));
};

const checkUser = (one: Located, world: Parameters<Check>[0]): readonly Finding[] => {
  const query = queryOf(one);
  if (query === undefined || isEverything(query.selector)) return [];
  const pods = templated(world).filter((other) => namespaceOf(other) === namespaceOf(one));
  if (pods.some(({ template }) => selects(query.selector, template.labels))) return [];
  return [
    {
      path: one.path,
      field: query.field,
      problem: `it matches no pod that is rendered for namespace ${namespaceOf(one)}`,
      remedy: 'Use the labels of the pods that are meant',
    },
  ];
};

const checkMonitor = (one: Located, world: Parameters<Check>[0]): readonly Finding[] => {
  const { selector } = one.object['spec'] as Selecting;
  const services = ofKind(world, 'Service').filter((other) => namespaceOf(other) === namespaceOf(one));
  if (services.some(({ object }) => selects(selector, object.metadata.labels ?? {}))) return [];
  return [
    {
      path: one.path,
      field: 'spec.selector',
      problem: 'it matches the labels of no Service that is rendered',
      remedy: 'Use the labels on the Service, not those it selects',
    },
  ];
};

const checkSpread: Check = (world) =>
  templated(world).flatMap(({ path, field, template }) =>
    (template.spec.topologySpreadConstraints ?? []).flatMap(({ labelSelector }, index) =>
      selects(labelSelector as LabelQuery | undefined, template.labels)
        ? []
        : [
            {
              path,
              field: `${field}.topologySpreadConstraints[${index}].labelSelector`,
              problem: "it does not match the template's own labels, so nothing is spread",
              remedy: "Use the template's labels",
            },
          ],
    ),
  );

interface Selecting {
  readonly selector?: LabelQuery;
  readonly podSelector?: LabelQuery;
}

/* A Service without a selector has its endpoints, or its selector, from somebody else. */
function queryOf({ object }: Located): { field: string; selector: LabelQuery } | undefined {
  const spec = object['spec'] as Selecting;
  if (object.kind === 'NetworkPolicy') return { field: 'spec.podSelector', selector: spec.podSelector ?? {} };
  if (spec.selector === undefined) return undefined;
  return object.kind === 'Service'
    ? { field: 'spec.selector', selector: { matchLabels: spec.selector as Record<string, string> } }
    : { field: 'spec.selector', selector: spec.selector };
}

function isEverything({ matchLabels = {}, matchExpressions = [] }: LabelQuery): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function text(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
