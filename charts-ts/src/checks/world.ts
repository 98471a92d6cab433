// Everything that would be rendered, with the construct that each object comes from: what the checks
// look at.
import { ApiObject } from 'cdk8s';
import type { V1Container } from '@kubernetes/client-node';
import type { IConstruct } from 'constructs';
import { DatabaseLimits, type DatabaseLimitsProps } from '../constructs/database-limits.ts';
import { asManifest, type Manifest } from '../manifest.ts';
import { podTemplates, type PodTemplate } from '../pod-templates.ts';
import { pathOf, type Finding } from './finding.ts';

export interface Located {
  /** Path of its construct. */
  readonly path: string;
  readonly object: Manifest;
}

export interface World {
  readonly objects: readonly Located[];
  /** What databases can take, where somebody said so. */
  readonly databases: readonly (DatabaseLimitsProps & { readonly path: string })[];
}

/** Finds what is wrong with the world; one check knows one rule. */
export type Check = (world: World) => readonly Finding[];

/** Reads the world from the tree of constructs under `root`. */
export function readWorld(root: IConstruct): World {
  const constructs = root.node.findAll();
  return {
    objects: constructs
      .filter((one) => one instanceof ApiObject)
      .map((one) => ({ path: pathOf(one), object: asManifest(one.toJson()) })),
    databases: constructs
      .filter((one) => one instanceof DatabaseLimits)
      .map((one) => ({ path: pathOf(one), ...one.limits })),
  };
}

export interface Templated extends Located {
  readonly template: PodTemplate;
  /** Path of the template's pod spec in its object. */
  readonly field: string;
}

/** The objects that hold a pod template. */
export function templated({ objects }: World): readonly Templated[] {
  return objects.flatMap((one) =>
    podTemplates([one.object]).map((template) => ({ ...one, template, field: podField(one.object) })),
  );
}

export interface Contained extends Templated {
  readonly container: V1Container;
  /** Path of the container in its object. */
  readonly containerField: string;
}

/** The containers of all pod templates, initial ones included. */
export function contained(world: World): readonly Contained[] {
  return templated(world).flatMap((one) => {
    const list = (name: 'initContainers' | 'containers') =>
      (one.template.spec[name] ?? []).map((container, index) => ({
        ...one,
        container,
        containerField: `${one.field}.${name}[${index}]`,
      }));
    return [...list('initContainers'), ...list('containers')];
  });
}

/** The namespace an object is in; empty for those of the cluster. */
export function namespaceOf({ object }: Located): string {
  return object.metadata.namespace ?? '';
}

/** The objects of a kind. */
export function ofKind({ objects }: World, ...kinds: readonly string[]): readonly Located[] {
  return objects.filter(({ object }) => kinds.includes(object.kind));
}

/** Whether pods with `labels` are meant by the label query `selector`; an absent one means none. */
export function selects(selector: LabelQuery | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return false;
  const wanted = Object.entries(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => holds(expression, labels))
  );
}

export interface LabelQuery {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelExpression[];
}

interface LabelExpression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function holds(expression: LabelExpression, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[expression.key];
  const listed = value !== undefined && (expression.values ?? []).includes(value);
  const answers: Readonly<Record<string, boolean>> = {
    In: listed,
    NotIn: !listed,
    Exists: value !== undefined,
    DoesNotExist: value === undefined,
  };
  return answers[expression.operator] ?? false;
}

function podField({ kind }: Manifest): string {
  return kind === 'CronJob' ? 'spec.jobTemplate.spec.template.spec' : 'spec.template.spec';
}
