// The policies as data. What they let through and refuse is tried on a real API server by
// test/integration; here stands what can be wrong without one.
import { describe, expect, it } from '@jest/globals';
import { appReleaseCrd, releaseActionCrd } from './crd.ts';
import { aggregatedRoles, SPEAK_FOR_VERB, validatingAdmissionPolicies } from './policies.ts';
import { ACTIONS } from './release-action.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly spec?: {
    readonly policyName?: string;
    readonly validationActions?: readonly string[];
    readonly failurePolicy?: string;
    readonly matchConstraints?: {
      readonly resourceRules: readonly { resources: readonly string[]; operations: readonly string[] }[];
    };
    readonly matchConditions?: readonly { expression: string }[];
    readonly variables?: readonly { name: string; expression: string }[];
    readonly validations?: readonly { expression: string; messageExpression?: string }[];
  };
  readonly rules?: readonly { resources: readonly string[]; verbs: readonly string[] }[];
}

const manifests = (options = {}) => validatingAdmissionPolicies(options) as Manifest[];
const policies = manifests().filter((one) => one.kind === 'ValidatingAdmissionPolicy');

function schemaOf(crd: unknown): Schema {
  const typed = crd as {
    spec: { versions: readonly { schema: { openAPIV3Schema: Schema } }[] };
  };
  return typed.spec.versions[0]?.schema.openAPIV3Schema ?? {};
}

function expressionsOf(policy: Manifest): string {
  const parts = [...(policy.spec?.variables ?? []), ...(policy.spec?.validations ?? [])];
  return parts.map((part) => part.expression).join('\n');
}

function fieldExists(schema: Schema, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  const next = schema.properties?.[first];
  return next !== undefined && fieldExists(next, rest);
}

describe('validatingAdmissionPolicies', () => {
  it('puts each policy in force, and refuses when a policy cannot be evaluated', () => {
    const bound = manifests().filter((one) => one.kind === 'ValidatingAdmissionPolicyBinding');
    expect(bound.map((one) => one.spec?.policyName)).toEqual(policies.map((one) => one.metadata.name));
    expect(bound.every((one) => one.spec?.validationActions?.includes('Deny'))).toBe(true);
    expect(policies.every((one) => one.spec?.failurePolicy === 'Fail')).toBe(true);
  });

  it('names only fields that the schema has', () => {
    const schemas: Record<string, Schema> = {
      appreleases: schemaOf(appReleaseCrd()),
      releaseactions: schemaOf(releaseActionCrd()),
    };
    let named = 0;
    for (const policy of policies) {
      const schema = schemas[policy.spec?.matchConstraints?.resourceRules[0]?.resources[0] ?? ''] ?? {};
      for (const [, path] of expressionsOf(policy).matchAll(/(?:object|oldObject)\.(spec[.\w]*)/gi)) {
        expect({ path, exists: fieldExists(schema, (path ?? '').split('.')) }).toEqual({ path, exists: true });
        named += 1;
      }
    }
    expect(named).toBeGreaterThan(10);
  });

  it('uses only variables that it declares', () => {
    for (const policy of policies) {
      const declared = new Set(policy.spec?.variables?.map((variable) => variable.name));
      const text = JSON.stringify(policy.spec?.validations);
      const used = [...text.matchAll(/variables\.(\w+)/g)].map((match) => match[1] ?? '');
      expect(used.filter((name) => !declared.has(name))).toEqual([]);
    }
  });

  it('does not ask about the users it is told to leave out', () => {
    const author = manifests({ exemptUsers: ['system:serviceaccount:ops:slipway'] }).find((one) =>
      one.metadata.name.startsWith('release-authors'),
    );
    expect(author?.spec?.matchConditions?.map((one) => one.expression)).toEqual([
      '!(request.userInfo.username in ["system:serviceaccount:ops:slipway"])',
    ]);
  });

  it('asks on create and on change, and refuses orphans on delete', () => {
    const operations = policies.map((one) => one.spec?.matchConstraints?.resourceRules[0]?.operations);
    expect(operations).toEqual([
      ['CREATE'],
      ['CREATE', 'UPDATE'],
      ['CREATE', 'UPDATE'],
      ['DELETE'],
    ]);
  });
});

describe('aggregatedRoles', () => {
  const roles = aggregatedRoles() as Manifest[];
  const verbsFor = (target: string) =>
    roles
      .filter((one) => one.metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${target}`] === 'true')
      .flatMap((one) => one.rules ?? [])
      .flatMap((rule) => rule.verbs);

  it('lets editors do every action, and viewers none', () => {
    expect(verbsFor('edit')).toEqual(expect.arrayContaining([...ACTIONS, 'create']));
    expect([...new Set(verbsFor('view'))].toSorted()).toEqual(['get', 'list', 'watch']);
  });

  it('lets nobody speak for others, and grants no wildcard', () => {
    const verbs = roles.flatMap((one) => one.rules ?? []).flatMap((rule) => rule.verbs);
    expect(verbs).not.toContain(SPEAK_FOR_VERB);
    expect(verbs).not.toContain('*');
  });

  it('lets nobody write a status, which is the word of the operator', () => {
    const resources = roles.flatMap((one) => one.rules ?? []).flatMap((rule) => rule.resources);
    expect(resources.filter((name) => name.endsWith('/status'))).toEqual([]);
  });
});
