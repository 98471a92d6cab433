// HTTPRoute codec. An owned route is rendered whole from the user's HTTPRouteSpec; of a route that
// somebody else owns only the weights of one named rule are touched.
import type { AppReleaseSpec } from '../api/app-release.ts';
import { canaryServiceName, stableServiceName } from '../api/labels.ts';
import { type JsonObject, covers, list, number, record, text } from '../lib/json.ts';
import { pinOf, pinRules } from './pin-rules.ts';

export interface RouteNames {
  readonly release: string;
  /** The application's own Service, which the user's rules name. */
  readonly service: string;
  /** Where both Services have to be kept known to the gateway; see pin-rules.ts. */
  readonly pin?: string;
}

/** The names that the route of a release is rendered with. */
export function routeNamesOf(
  { name, uid }: { readonly name: string; readonly uid: string },
  spec: Pick<AppReleaseSpec, 'checks' | 'traffic'>,
): RouteNames {
  const pin = pinOf(uid, spec);
  const service = spec.traffic?.service ?? '';
  return { release: name, service, ...(pin === undefined ? {} : { pin }) };
}

/** The spec of an owned route: each backendRef to the Service becomes the stable and canary pair. */
export function renderRoute(wanted: JsonObject, names: RouteNames, weight: number): JsonObject {
  const rules = list(wanted['rules']).map((rule) => {
    const refs = list(record(rule)['backendRefs']);
    if (!refs.some((ref) => isService(ref, names.service))) return rule;
    return {
      ...record(rule),
      backendRefs: refs.flatMap((ref) =>
        splitRef(ref, { names, weight, isAlone: refs.length === 1 }),
      ),
    };
  });
  const pins = names.pin === undefined ? [] : pinRules(rules, names.release, names.pin);
  return { ...wanted, rules: [...rules, ...pins] };
}

/** The spec as the user wrote it, with its own Service: what is left behind at hand-back. */
export function renderReleased(wanted: JsonObject): JsonObject {
  return wanted;
}

interface Split {
  readonly names: RouteNames;
  readonly weight: number;
  readonly isAlone: boolean;
}

/* Beside other backends the pair together keeps the share that the user gave to the Service. */
function splitRef(ref: unknown, { names, weight, isAlone }: Split): JsonObject[] {
  const given = record(ref);
  const share = isAlone ? 1 : (number(given['weight']) ?? 1);
  if (!isService(ref, names.service)) return [{ ...given, weight: share * 100 }];
  return [
    { ...given, name: stableServiceName(names.release), weight: share * (100 - weight) },
    { ...given, name: canaryServiceName(names.release), weight: share * weight },
  ];
}

function isService(ref: unknown, name: string): boolean {
  const given = record(ref);
  return (
    given['name'] === name &&
    (text(given['kind']) ?? 'Service') === 'Service' &&
    given['namespace'] === undefined
  );
}

/** True when some rule names the Service; a route without it would never be split. */
export function namesService(wanted: JsonObject, service: string): boolean {
  return list(wanted['rules']).some((rule) =>
    list(record(rule)['backendRefs']).some((ref) => isService(ref, service)),
  );
}

/** All but the weights of the live spec is as rendered. */
export function isRouteCurrent(live: JsonObject, wanted: JsonObject, names: RouteNames): boolean {
  return covers(withoutWeights(live), withoutWeights(renderRoute(wanted, names, 0)));
}

function withoutWeights(spec: JsonObject): JsonObject {
  const rules = list(spec['rules']).map((rule) => ({
    ...record(rule),
    backendRefs: list(record(rule)['backendRefs']).map((ref) => {
      const { weight: _weight, ...rest } = record(ref);
      return rest;
    }),
  }));
  return { ...spec, rules };
}

/**
 * The canary's percent in the given rules; undefined when rules differ or hold no such pair.
 * `rule` looks at that rule alone.
 */
export function readWeight(live: JsonObject, release: string, rule?: string): number | undefined {
  const shares = list(live['rules'])
    .filter((candidate) => rule === undefined || record(candidate)['name'] === rule)
    .map((candidate) => pairOf(candidate, release))
    .filter((pair) => pair !== undefined)
    // Where the user gives the Service nothing, there is nothing to share.
    .filter(({ canary, stable }) => canary + stable > 0)
    .map(({ canary, stable }) => (100 * canary) / (canary + stable));
  const [first] = shares;
  if (first === undefined || shares.some((share) => share !== first)) return undefined;
  return Math.round(first * 100) / 100;
}

function pairOf(rule: unknown, release: string) {
  const refs = list(record(rule)['backendRefs']).map(record);
  const stable = refs.find((ref) => ref['name'] === stableServiceName(release));
  const canary = refs.find((ref) => ref['name'] === canaryServiceName(release));
  if (!stable || !canary) return undefined;
  return { stable: number(stable['weight']) ?? 1, canary: number(canary['weight']) ?? 1 };
}

export type RulePlace =
  | {
      readonly kind: 'found';
      readonly rule: number;
      readonly stable: number;
      readonly canary: number;
    }
  | { readonly kind: 'wrong'; readonly message: string };

/** Where the weights of a referred rule stand. Exactly one rule must bear the name. */
export function placeOfRule(live: JsonObject, release: string, name: string): RulePlace {
  const places = list(live['rules']).flatMap((rule, index) =>
    record(rule)['name'] === name ? [index] : [],
  );
  const [index] = places;
  if (index === undefined || places.length > 1) {
    return {
      kind: 'wrong',
      message: `${places.length} rules are named "${name}", there must be exactly one`,
    };
  }
  const refs = list(record(list(live['rules'])[index])['backendRefs']).map(record);
  const stable = refs.findIndex((ref) => ref['name'] === stableServiceName(release));
  const canary = refs.findIndex((ref) => ref['name'] === canaryServiceName(release));
  if (stable < 0 || canary < 0) {
    return {
      kind: 'wrong',
      message: `rule "${name}" needs backendRefs ${stableServiceName(release)} and ${canaryServiceName(release)}`,
    };
  }
  return { kind: 'found', rule: index, stable, canary };
}

/** JSON patch operations that set the weights of a referred rule and nothing else. */
export function weightPatch(
  place: Extract<RulePlace, { kind: 'found' }>,
  rule: string,
  weight: number,
) {
  const base = `/spec/rules/${place.rule}`;
  return [
    { op: 'test' as const, path: `${base}/name`, value: rule },
    { op: 'add' as const, path: `${base}/backendRefs/${place.stable}/weight`, value: 100 - weight },
    { op: 'add' as const, path: `${base}/backendRefs/${place.canary}/weight`, value: weight },
  ];
}

export type Acceptance =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'refused'; readonly message: string };

/** An HTTPRoute as far as its parents are concerned. */
export interface RoutedBy {
  readonly namespace: string;
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

/**
 * What the gateways say about this generation of the route. Only the named conditions are read:
 * some gateways add others that are False without harm. A gateway that is no parent any more may leave
 * what it said behind for ever: it is not asked.
 */
export function readAcceptance(route: RoutedBy, generation: number): Acceptance {
  const conditions = parentsOf(route).flatMap((parent) => list(parent['conditions']).map(record));
  const named = conditions.filter(
    (condition) => condition['type'] === 'Accepted' || condition['type'] === 'ResolvedRefs',
  );
  if (named.length === 0) return { kind: 'silent' };
  const isSeen = named.every(
    (condition) => (number(condition['observedGeneration']) ?? 0) >= generation,
  );
  if (!isSeen) return { kind: 'pending' };
  const refusal = named.find((condition) => condition['status'] !== 'True');
  if (!refusal) return { kind: 'accepted' };
  return {
    kind: 'refused',
    message: `${text(refusal['reason']) ?? ''}: ${text(refusal['message']) ?? ''}`,
  };
}

/* What stands in the status of those gateways that the route names now. */
function parentsOf({ namespace, spec, status }: RoutedBy): JsonObject[] {
  const said = list(status['parents']).map(record);
  const wanted = list(spec['parentRefs']).map((ref) => parentKey(record(ref), namespace));
  if (wanted.length === 0) return said;
  return said.filter((parent) => wanted.includes(parentKey(record(parent['parentRef']), namespace)));
}

function parentKey(ref: JsonObject, namespace: string): string {
  const { name, namespace: own = namespace, port = null, sectionName = null } = ref;
  return JSON.stringify([own, name, sectionName, port]);
}
