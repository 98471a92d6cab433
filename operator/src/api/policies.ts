// ValidatingAdmissionPolicies, and the roles for people, as data: who may ask what of a release.
// They stand where other projects run webhooks: nothing of ours has to be up for them to hold.
import { API_GROUP, API_VERSION } from './group.ts';
import { QUERIES_MAX } from './queries.ts';
import { ACTIONS } from './release-action.ts';

/** Verb on an AppRelease that lets somebody fill in `onBehalfOf` of a ReleaseAction. */
export const SPEAK_FOR_VERB = 'speak-for';

export interface PolicyOptions {
  /**
   * User names the author's policy does not ask about: the operator's own service account, which
   * writes `replicas` and finalizers and has no right to create Deployments.
   */
  readonly exemptUsers?: readonly string[];
}

const DEFAULT_EXEMPT_USERS = ['system:serviceaccount:slipway-system:slipway-operator'] as const;

interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
}

interface PolicyParts {
  readonly name: string;
  readonly resource: string;
  readonly operations: readonly string[];
  readonly variables?: readonly { name: string; expression: string }[];
  readonly matchConditions?: readonly { name: string; expression: string }[];
  readonly validations: readonly Validation[];
}

/** Each policy followed by the binding that puts it in force, in a fixed order. */
export function validatingAdmissionPolicies(options: PolicyOptions = {}): object[] {
  const exemptUsers = options.exemptUsers ?? DEFAULT_EXEMPT_USERS;
  const all = [
    actionPolicy(),
    authorPolicy(exemptUsers),
    secretPolicy(exemptUsers),
    orphanPolicy(),
  ];
  return all.flatMap((parts) => [policy(parts), binding(parts.name)]);
}

/**
 * ClusterRoles that add Slipway to Kubernetes' own view, edit and admin roles. `speak-for` is in
 * none of them: a program that acts for people gets it by name.
 */
export function aggregatedRoles(): object[] {
  return [
    role('slipway-viewer', ['view', 'edit', 'admin'], [
      { apiGroups: [API_GROUP], resources: ['appreleases', 'releaseactions'], verbs: ['get', 'list', 'watch'] },
    ]),
    role('slipway-author', ['edit', 'admin'], [
      { apiGroups: [API_GROUP], resources: ['appreleases'], verbs: ['create', 'update', 'patch', 'delete'] },
      { apiGroups: [API_GROUP], resources: ['appreleases/scale'], verbs: ['get', 'update', 'patch'] },
    ]),
    role('slipway-release-manager', ['edit', 'admin'], [
      { apiGroups: [API_GROUP], resources: ['releaseactions'], verbs: ['create'] },
      { apiGroups: [API_GROUP], resources: ['appreleases'], verbs: [...ACTIONS] },
    ]),
  ];
}

/* Nobody signs with another's name, and RBAC grants each action by name on each release. */
function actionPolicy(): PolicyParts {
  return {
    name: `release-actions.${API_GROUP}`,
    resource: 'releaseactions',
    operations: ['CREATE'],
    variables: [
      {
        name: 'onRelease',
        expression:
          `authorizer.group('${API_GROUP}').resource('appreleases')` +
          '.namespace(request.namespace).name(object.spec.release)',
      },
    ],
    validations: [
      {
        expression: 'object.spec.by == request.userInfo.username',
        messageExpression:
          "'spec.by must be the user who creates this object: write ' + request.userInfo.username",
      },
      {
        expression: 'variables.onRelease.check(object.spec.action).allowed()',
        messageExpression:
          "request.userInfo.username + ' may not ' + object.spec.action + ' the AppRelease ' + " +
          "object.spec.release + ': grant the verb ' + object.spec.action + ' on appreleases.slipway.dev'",
      },
      {
        expression: `!has(object.spec.onBehalfOf) || variables.onRelease.check('${SPEAK_FOR_VERB}').allowed()`,
        messageExpression:
          "request.userInfo.username + ' may not act on behalf of somebody: leave spec.onBehalfOf out, or " +
          `grant the verb ${SPEAK_FOR_VERB} on appreleases.slipway.dev'`,
      },
    ],
  };
}

/* The operator does things for the author of an AppRelease; the author must be allowed to do each
   of them alone. What an update leaves as it was is not asked about again, so that whoever may
   only change, say, `paused` can do so. */
function authorPolicy(exemptUsers: readonly string[]): PolicyParts {
  return {
    name: `release-authors.${API_GROUP}`,
    resource: 'appreleases',
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [notOneOf(exemptUsers)],
    variables: [
      { name: 'workload', expression: partOf('object', 'workloadRef.name') },
      { name: 'service', expression: partOf('object', 'traffic.service') },
      { name: 'routeRef', expression: partOf('object', 'traffic.gateway.routeRef.name') },
      { name: 'makesPods', expression: changed('template') },
      { name: 'makesJobs', expression: changedJobs() },
      { name: 'makesRoute', expression: changed('traffic.gateway.route') },
      { name: 'namesWorkload', expression: changed('workloadRef.name') },
      { name: 'namesService', expression: changed('traffic.service') },
      { name: 'namesRoute', expression: changed('traffic.gateway.routeRef.name') },
    ],
    validations: [
      allowed('makesPods', {
        check: "authorizer.group('apps').resource('deployments').namespace(request.namespace).check('create')",
        because: "spec.template needs the verb create on deployments.apps in this namespace'",
      }),
      allowed('makesJobs', {
        check: "authorizer.group('batch').resource('jobs').namespace(request.namespace).check('create')",
        because: "a job in spec.checks.queries needs the verb create on jobs.batch in this namespace'",
      }),
      allowed('namesWorkload', {
        check: named('apps', 'deployments', 'workload'),
        because: "spec.workloadRef needs the verb patch on the Deployment ' + variables.workload",
      }),
      allowed('namesService', {
        check: named('', 'services', 'service'),
        because: "spec.traffic.service needs the verb patch on the Service ' + variables.service",
      }),
      allowed('makesRoute', {
        check:
          "authorizer.group('gateway.networking.k8s.io').resource('httproutes')" +
          ".namespace(request.namespace).check('create')",
        because: "spec.traffic.gateway.route needs the verb create on httproutes in this namespace'",
      }),
      allowed('namesRoute', {
        check: named('gateway.networking.k8s.io', 'httproutes', 'routeRef'),
        because: "spec.traffic.gateway.routeRef needs the verb patch on the HTTPRoute ' + variables.routeRef",
      }),
    ],
  };
}

/* Most Secrets that one AppRelease can name: one to prove who we are and one CA, for each query and
   for the metrics pages. */
const SECRETS_MAX = 2 * (QUERIES_MAX + 1);

/* What a Secret holds is sent where the author says, so the author must be allowed to read it. Each
   Secret is a rule of its own: asking about three in one expression costs more than the API server
   allows. */
function secretPolicy(exemptUsers: readonly string[]): PolicyParts {
  const secret = (at: number): string => `variables.added[${at}]`;
  return {
    name: `release-secrets.${API_GROUP}`,
    resource: 'appreleases',
    operations: ['CREATE', 'UPDATE'],
    matchConditions: [notOneOf(exemptUsers)],
    variables: [
      { name: 'before', expression: `oldObject == null ? [] : ${secretsIn('oldObject')}` },
      {
        name: 'added',
        expression: `(${secretsIn('object')}).filter(name, !(name in variables.before))`,
      },
    ],
    validations: Array.from({ length: SECRETS_MAX }, (_, at) => ({
      expression:
        `size(variables.added) <= ${at} || authorizer.group('').resource('secrets')` +
        `.namespace(request.namespace).name(${secret(at)}).check('get').allowed()`,
      messageExpression:
        "request.userInfo.username + ' lacks a right that the operator would use for them: " +
        `spec.checks needs the verb get on the Secret ' + ${secret(at)}`,
    })),
  };
}

/* A list of the names, with one part for each place where a Secret can be named. */
function secretsIn(root: 'object' | 'oldObject'): string {
  const places = ['authorization.bearer', 'authorization.basic', 'tls.ca'];
  const inScrape = places.map((place) => {
    const path = `checks.scrape.${place}`;
    return `(${presence(root, path)} ? [${root}.spec.${path}.name] : [])`;
  });
  const inQueries = ['prometheus', 'web']
    .flatMap((source) => places.map((place) => `${source}.${place}`))
    .map((path) => {
      const parts = path.split('.');
      const isThere = parts.map((_, at) => `has(q.${parts.slice(0, at + 1).join('.')})`).join(' && ');
      return `${queriesOf(root)}.filter(q, ${isThere}).map(q, q.${path}.name)`;
    });
  return [...inScrape, ...inQueries].join(' + ');
}

function queriesOf(root: 'object' | 'oldObject'): string {
  return `(${presence(root, 'checks.queries')} ? ${root}.spec.checks.queries : [])`;
}

/* True when a query runs another Job than before. */
function changedJobs(): string {
  const before =
    `oldObject != null && ${queriesOf('oldObject')}` +
    '.exists(o, o.name == q.name && has(o.job) && o.job == q.job)';
  return `${queriesOf('object')}.exists(q, has(q.job) && !(${before}))`;
}

/* Orphaning leaves pods and Services behind that nobody runs and that no release may take over. */
function orphanPolicy(): PolicyParts {
  return {
    name: `release-deletion.${API_GROUP}`,
    resource: 'appreleases',
    operations: ['DELETE'],
    validations: [
      {
        expression:
          "!has(request.options.propagationPolicy) || request.options.propagationPolicy != 'Orphan'",
        message:
          'an AppRelease cannot be deleted with propagationPolicy Orphan: its pods would belong to ' +
          'nobody. Leave --cascade out; with workloadRef the Deployment takes the pods back',
      },
      {
        expression: '!has(request.options.orphanDependents) || !request.options.orphanDependents',
        message: 'an AppRelease cannot be deleted with orphanDependents: its pods would belong to nobody',
      },
    ],
  };
}

/* The field as text, '' where it or something above it is missing. */
function partOf(root: 'object' | 'oldObject', path: string): string {
  return `${presence(root, path)} ? ${root}.spec.${path} : ''`;
}

function presence(root: 'object' | 'oldObject', path: string): string {
  const parts = path.split('.');
  return parts.map((_, index) => `has(${root}.spec.${parts.slice(0, index + 1).join('.')})`).join(' && ');
}

/* True when the field is there and is not what it was. */
function changed(path: string): string {
  return (
    `${presence('object', path)} && !(oldObject != null && ${presence('oldObject', path)} && ` +
    `oldObject.spec.${path} == object.spec.${path})`
  );
}

function named(group: string, resource: string, variable: string): string {
  return (
    `authorizer.group('${group}').resource('${resource}').namespace(request.namespace)` +
    `.name(variables.${variable}).check('patch')`
  );
}

function allowed(when: string, { check, because }: { check: string; because: string }): Validation {
  return {
    expression: `!variables.${when} || ${check}.allowed()`,
    messageExpression: `request.userInfo.username + ' lacks a right that the operator would use for them: ${because}`,
  };
}

function notOneOf(users: readonly string[]): { name: string; expression: string } {
  return {
    name: 'not-the-operator',
    expression: `!(request.userInfo.username in ${JSON.stringify(users)})`,
  };
}

function policy(parts: PolicyParts): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: parts.name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [API_GROUP],
            apiVersions: [API_VERSION],
            operations: parts.operations,
            resources: [parts.resource],
          },
        ],
      },
      ...(parts.matchConditions ? { matchConditions: parts.matchConditions } : {}),
      ...(parts.variables ? { variables: parts.variables } : {}),
      validations: parts.validations.map((validation) => ({ ...validation, reason: 'Forbidden' })),
    },
  };
}

function binding(policyName: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: policyName },
    spec: { policyName, validationActions: ['Deny'] },
  };
}

function role(name: string, into: readonly string[], rules: readonly object[]): object {
  const labels = into.map((target) => [`rbac.authorization.k8s.io/aggregate-to-${target}`, 'true']);
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: Object.fromEntries(labels) },
    rules,
  };
}
