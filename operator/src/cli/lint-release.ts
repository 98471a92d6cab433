// What is wrong with one AppRelease (errors), what is probably not meant (warnings), and what will
// happen (notes). Pure.
import type { AppReleaseSpec } from '../api/app-release.ts';
import { API_GROUP_VERSION } from '../api/group.ts';
import { parseSpec } from '../api/parse.ts';
import { boundsOf, podShareGoal, weightedGoal } from '../rollout/replicas.ts';
import { stepsOf } from '../rollout/steps.ts';
import { unknownFields } from './unknown-fields.ts';

export interface LintFinding {
  readonly severity: 'error' | 'warning' | 'note';
  /** Path from the object's root; '' for the object as a whole. */
  readonly field: string;
  readonly message: string;
}

type RawManifest = Readonly<Record<string, unknown>>;

const MAX_NAME_CHARACTERS = 52;
/* Away from the wanted weight by more than this, the author should know. */
const TOLERATED_POINTS = 5;

/** Findings about `release`; `others` are the objects it is applied with. */
export function lintRelease(release: RawManifest, others: readonly RawManifest[]): LintFinding[] {
  const parsed = parseSpec(release['spec']);
  const about = [...headErrors(release), ...unknownFields(release['spec']).map(unknownField)];
  if (parsed.kind === 'invalid') {
    return [...about, ...parsed.violations.map((violation) => ({ severity: 'error' as const, ...violation }))];
  }
  const spec = parsed.value;
  const replicas = spec.replicas ?? replicasOf(deploymentOf(spec, others));
  return [
    ...about,
    ...stepFindings(spec),
    ...checkFindings(spec),
    ...credentialFindings(spec),
    ...(replicas === undefined || replicas === 0 ? noReplicas(spec) : podFindings(spec, replicas)),
    ...routeFindings(spec),
    ...deploymentFindings(spec, others),
  ];
}

function headErrors(release: RawManifest): LintFinding[] {
  const name = text(field(release['metadata'], 'name'));
  const version = text(release['apiVersion']);
  return [
    ...(version === API_GROUP_VERSION ? [] : [error('apiVersion', `must be ${API_GROUP_VERSION}, not ${version}`)]),
    ...(name.length > MAX_NAME_CHARACTERS
      ? [error('metadata.name', `can have at most ${MAX_NAME_CHARACTERS} characters: names of Services are made from it`)]
      : []),
  ];
}

function unknownField(path: string): LintFinding {
  return warning(path, 'is no field of an AppRelease; the API server drops it');
}

function stepFindings(spec: AppReleaseSpec): LintFinding[] {
  const path = 'spec.strategy.canary.steps';
  const steps = stepsOf(spec);
  if (steps.length === 0) return [warning(path, 'no steps: the candidate gets everything at once')];
  const first = steps[0];
  return [
    ...(first?.weight === undefined
      ? [warning(`${path}[0]`, 'comes before any weight: the candidate has no traffic yet that could be judged')]
      : []),
    ...(steps.some((step) => step.verify) || !isCounted(spec)
      ? []
      : [note(path, 'no verify step: errors take the candidate back, but nothing waits for enough requests')]),
    ...steps.flatMap((step, at) =>
      step.verify && step.verify.deadlineSeconds < step.verify.seconds
        ? [warning(`${path}[${at}].verify.deadlineSeconds`, 'is over before `seconds` are: the step cannot pass')]
        : [],
    ),
  ];
}

/* Errors are counted by the pods or at the gateway, or by nobody. */
function isCounted({ checks }: AppReleaseSpec): boolean {
  return checks?.scrape !== undefined || checks?.gateway !== undefined;
}

function checkFindings(spec: AppReleaseSpec): LintFinding[] {
  const { checks } = spec;
  const found: LintFinding[] = [];
  if (!checks?.scrape) found.push(...unreadFindings(spec));
  if (checks?.gateway?.provider === 'envoyGateway' && spec.traffic?.gateway?.routeRef) {
    found.push(
      note(
        'spec.checks.gateway.provider',
        'your route needs a rule for each of the two Services that nobody reaches; docs/guide/traffic.md has them',
      ),
    );
  }
  if (spec.startGraceSeconds >= spec.progressDeadlineSeconds) {
    found.push(
      warning('spec.startGraceSeconds', 'is not shorter than progressDeadlineSeconds, which then comes first'),
    );
  }
  return found;
}

/* Without the pods' metrics pages there is little to judge by. */
function unreadFindings(spec: AppReleaseSpec): LintFinding[] {
  const { checks } = spec;
  const ofPods = 'says nothing without spec.checks.scrape';
  const counters = (checks?.counters ?? []).length > 0 ? [warning('spec.checks.counters', ofPods)] : [];
  if (isCounted(spec)) return counters;
  const unread = [
    ...(checks?.errorRate ? ['errorRate'] : []),
    ...(checks?.rescue === 'allow' ? ['rescue'] : []),
  ].map((name) => warning(`spec.checks.${name}`, `${ofPods} or spec.checks.gateway`));
  const steps = stepsOf(spec).flatMap(({ verify }, at) => (verify ? [{ at, verify }] : []));
  const blind = steps.filter(({ verify }) => verify.until === 'evidence');
  return [
    ...unread,
    ...counters,
    ...(steps.length > 0 && (checks?.queries ?? []).length === 0
      ? [warning('spec.checks', 'verify steps judge readiness and crashes only: add scrape for errors and latency')]
      : []),
    ...blind.map(({ at }) =>
      warning(
        `spec.strategy.canary.steps[${at}].verify.until`,
        'evidence needs spec.checks.scrape or spec.checks.gateway: without them the step passes by time',
      ),
    ),
  ];
}

/* Anybody on the way can read what is sent in the clear. */
function credentialFindings({ checks }: AppReleaseSpec): LintFinding[] {
  const { queries = [], scrape } = checks ?? {};
  const inTheClear = (path: string): LintFinding =>
    note(path, 'is sent over http, where anybody on the way can read it');
  return [
    ...(scrape?.authorization && scrape.scheme === 'http'
      ? [inTheClear('spec.checks.scrape.authorization')]
      : []),
    ...queries.flatMap(({ prometheus, web }, at) =>
      Object.entries({ prometheus, web }).flatMap(([kind, source]) => {
        if (!source?.authorization) return [];
        const address = 'address' in source ? source.address : source.url;
        return address.startsWith('http:')
          ? [inTheClear(`spec.checks.queries[${at}].${kind}.authorization`)]
          : [];
      }),
    ),
  ];
}

function noReplicas(spec: AppReleaseSpec): LintFinding[] {
  return spec.traffic?.gateway
    ? []
    : [note('spec.replicas', 'is not known here: which weights whole pods allow is not checked')];
}

function podFindings(spec: AppReleaseSpec, replicas: number): LintFinding[] {
  const bounds = boundsOf(spec, replicas);
  if (spec.traffic?.gateway) {
    const weights = [...stepsOf(spec).flatMap(({ weight }) => (weight === undefined ? [] : [weight])), 100];
    const peak = Math.max(...weights.map((weight) => replicas + weightedGoal(weight, replicas).candidate));
    return [note('spec.replicas', `up to ${peak} pods run at once: stable stays whole until the candidate serves all`)];
  }
  return [
    note('spec.replicas', `up to ${replicas + bounds.maxSurge} pods run at once`),
    ...stepsOf(spec).flatMap(({ weight }, at) => {
      if (weight === undefined) return [];
      const { stable, candidate } = podShareGoal(weight, bounds);
      const reached = Math.round((100 * candidate) / Math.max(1, stable + candidate));
      return Math.abs(reached - weight) <= TOLERATED_POINTS
        ? []
        : [
            warning(
              `spec.strategy.canary.steps[${at}].weight`,
              `${weight} % is ${reached} % in whole pods (${candidate} of ${stable + candidate}): ` +
                'add replicas, or split by spec.traffic.gateway',
            ),
          ];
    }),
  ];
}

function routeFindings(spec: AppReleaseSpec): LintFinding[] {
  const route = spec.traffic?.gateway?.route;
  if (route === undefined) return [];
  const service = spec.traffic?.service ?? '';
  const path = 'spec.traffic.gateway.route';
  return [
    ...(listOf(route, 'parentRefs').length === 0
      ? [warning(`${path}.parentRefs`, 'is empty: no Gateway serves this route')]
      : []),
    ...(backendNames(route).includes(service)
      ? []
      : [error(`${path}.rules`, `no backendRef to ${service} (spec.traffic.service): there is nothing to split`)]),
  ];
}

function backendNames(route: Readonly<Record<string, unknown>>): string[] {
  return listOf(route, 'rules')
    .flatMap((rule) => listOf(rule, 'backendRefs'))
    .map((backend) => text(field(backend, 'name')));
}

function deploymentFindings(spec: AppReleaseSpec, others: readonly RawManifest[]): LintFinding[] {
  const deployment = deploymentOf(spec, others);
  if (deployment === undefined || (replicasOf(deployment) ?? 0) === 0) return [];
  return [
    note(
      'spec.workloadRef',
      'the Deployment in this file sets replicas: take the field out after the condition Adopted is True, not before',
    ),
  ];
}

function deploymentOf(spec: AppReleaseSpec, others: readonly RawManifest[]): RawManifest | undefined {
  const wanted = spec.workloadRef?.name;
  return others.find(
    (one) => one['kind'] === 'Deployment' && text(field(one['metadata'], 'name')) === wanted,
  );
}

function replicasOf(deployment: RawManifest | undefined): number | undefined {
  const value = field(deployment?.['spec'], 'replicas');
  return typeof value === 'number' ? value : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}

function listOf(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const error = (path: string, message: string): LintFinding => ({ severity: 'error', field: path, message });
const warning = (path: string, message: string): LintFinding => ({ severity: 'warning', field: path, message });
const note = (path: string, message: string): LintFinding => ({ severity: 'note', field: path, message });
