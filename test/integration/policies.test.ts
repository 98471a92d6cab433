// The admission policies and the roles for people, on a real API server: what each user may do, and
// the sentence they read when they may not. And kubectl slipway, as such a user.
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customResourceDefinitions } from '../../operator/src/api/crd.ts';
import {
  aggregatedRoles,
  SPEAK_FOR_VERB,
  validatingAdmissionPolicies,
} from '../../operator/src/api/policies.ts';
import { APP_RELEASES, RELEASE_ACTIONS } from '../../operator/src/cli/cluster.ts';
import type { Io } from '../../operator/src/cli/io.ts';
import { run } from '../../operator/src/cli/run.ts';
import { createClient, type KubeClient } from '../../operator/src/kube/client.ts';
import type { RawObject, ResourceType } from '../../operator/src/kube/resource.ts';
import { connect } from '../../operator/src/kube/connect.ts';
import type { Transport } from '../../operator/src/kube/transport.ts';
import { instant } from '../../operator/src/lib/instant.ts';
import { startApiTier, type ApiTier } from '../cluster/src/api-tier.ts';
import { createKubectl, type Kubectl } from '../cluster/src/kubectl.ts';
import { run as runProgram } from '../cluster/src/process/command.ts';
import { waitFor } from '../cluster/src/process/wait.ts';

const OPERATOR = 'system:serviceaccount:slipway-system:slipway-operator';
const POLICIES: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
};

let tier: ApiTier;
let kubectl: Kubectl;
const transports = new Map<string, Transport>();
let made = 0;

const as = (user: string): KubeClient => {
  const known = transports.get(user) ?? connectAs(user);
  transports.set(user, known);
  return createClient(known);
};
const connectAs = (user: string): Transport =>
  connect({ userAgent: 'test', kubeconfigPath: tier.userKubeconfig({ name: user }) });

/* What a user is told, or 'done'. */
async function told(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return /denied request: ([\s\S]*)$/.exec(text)?.[1] ?? text;
  }
}

const release = (spec: object, name = `release-${(made += 1)}`): RawObject => ({
  metadata: { namespace: 'bank', name },
  spec: { strategy: { canary: {} }, ...spec },
});
const LEDGER = { workloadRef: { name: 'ledger' } };
const JOB = { template: { spec: { containers: [{ name: 'smoke', image: 'smoke:1' }] } } };
const threshold = { max: 1 };
const web = (access: object) => ({ web: { url: 'http://web/', path: 'a', ...access }, threshold });
const withQueries = (...queries: object[]) => ({
  ...LEDGER,
  checks: { queries: queries.map((query, at) => ({ name: `q${at}`, ...query })) },
});
const ROUTE_REF = { service: 'ledger', gateway: { routeRef: { name: 'shop', rule: 'main' } } };

const create = (user: string, spec: object) => told(as(user).create(APP_RELEASES, release(spec)));
const change = (user: string, name: string, spec: object) =>
  told(as(user).mergePatch({ type: APP_RELEASES, namespace: 'bank', name }, { spec }));
const ask = (user: string, fields: object) =>
  told(
    as(user).create(RELEASE_ACTIONS, {
      metadata: { namespace: 'bank', generateName: 'a-' },
      spec: { release: 'ledger', action: 'promote', revision: 1, by: user, ...fields },
    }),
  );

const ROLES = [
  binding('editor', { kind: 'ClusterRole', name: 'edit' }),
  binding('viewer', { kind: 'ClusterRole', name: 'view' }),
  role('narrow', [
    rule('slipway.dev', ['appreleases', 'releaseactions'], ['get', 'create', 'patch']),
    { ...rule('slipway.dev', ['appreleases'], ['promote']), resourceNames: ['ledger'] },
    { ...rule('apps', ['deployments'], ['patch']), resourceNames: ['ledger'] },
    { ...rule('', ['services'], ['patch']), resourceNames: ['ledger'] },
    { ...rule('', ['secrets'], ['get']), resourceNames: ['ledger'] },
  ]),
  binding('narrow', { kind: 'Role', name: 'narrow' }),
  role('operator', [rule('slipway.dev', ['appreleases'], ['create', 'patch'])]),
  binding(OPERATOR, { kind: 'Role', name: 'operator' }),
  role('bot', [
    rule('slipway.dev', ['releaseactions'], ['create']),
    rule('slipway.dev', ['appreleases'], ['promote', SPEAK_FOR_VERB]),
  ]),
  binding('bot', { kind: 'Role', name: 'bot' }),
];

beforeAll(async () => {
  tier = await startApiTier();
  kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  await kubectl(['create', 'namespace', 'bank']);
  const ours = [...customResourceDefinitions(), ...validatingAdmissionPolicies(), ...aggregatedRoles()];
  const items = [...ours, ...ROLES];
  const list = { apiVersion: 'v1', kind: 'List', items };
  await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(list));
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  // Policies and aggregated roles are in force a moment after they were written.
  await waitFor({
    what: 'the policies to be in force',
    deadlineMs: 30_000,
    everyMs: 100,
    check: async () => {
      const forged = await ask('editor', { by: 'forger' });
      const orphaned = await told(deleteWith('nothing', 'Orphan'));
      const others = await create('narrow', { workloadRef: { name: 'others' } });
      const isInForce = [forged, others].every((text) => text.includes('must be') || text.includes('lacks'));
      return (isInForce && orphaned.includes('not found')) || undefined;
    },
  });
  await as('editor').create(APP_RELEASES, release(LEDGER, 'ledger'));
}, 300_000);

afterAll(async () => {
  for (const transport of transports.values()) transport.close();
  await tier?.stop();
});

const deleteWith = (name: string, propagationPolicy: 'Orphan' | 'Foreground' | 'Background') =>
  createClient(adminTransport()).delete({ type: APP_RELEASES, namespace: 'bank', name }, { propagationPolicy });
const adminTransport = (): Transport => {
  const known = transports.get('') ?? connect({ userAgent: 'test', kubeconfigPath: tier.kubeconfigPath });
  transports.set('', known);
  return known;
};

describe('the policies', () => {
  it('are understood by the API server without a warning', async () => {
    // A controller checks the types of expressions a moment after a policy was written.
    const ours = await waitFor({
      what: 'the policies to be checked',
      deadlineMs: 30_000,
      everyMs: 100,
      check: async () => {
        const { items } = await createClient(adminTransport()).list(POLICIES);
        const found = items.filter(({ metadata }) => metadata.name?.endsWith('slipway.dev'));
        return found.every(({ status }) => JSON.stringify(status).includes('typeChecking')) ? found : undefined;
      },
    });
    expect(ours).toHaveLength(4);
    expect(JSON.stringify(ours)).not.toContain('expressionWarnings');
  });
});

describe('a ReleaseAction', () => {
  it('is made by an editor, in the own name', async () => {
    expect(await ask('editor', {})).toBe('done');
  });
  it("is refused in somebody else's name, with the right one in the message", async () => {
    expect(await ask('editor', { by: 'anna' })).toBe(
      'spec.by must be the user who creates this object: write editor',
    );
  });
  it('needs its action as a verb on that release', async () => {
    expect(await ask('narrow', {})).toBe('done');
    expect(await ask('narrow', { action: 'abort' })).toBe(
      'narrow may not abort the AppRelease ledger: grant the verb abort on appreleases.slipway.dev',
    );
    expect(await ask('narrow', { release: 'other' })).toMatch(/^narrow may not promote the AppRelease other/);
  });
  it('speaks for others only with the verb for it', async () => {
    expect(await ask('editor', { onBehalfOf: 'anna' })).toMatch(/^editor may not act on behalf of somebody/);
    expect(await ask('bot', { onBehalfOf: 'anna' })).toBe('done');
  });
  it('is nothing for viewers', async () => {
    expect(await ask('viewer', {})).toContain('forbidden');
  });
});

describe('an AppRelease', () => {
  it('may use what its author may use', async () => {
    expect(await create('narrow', { ...LEDGER, traffic: { service: 'ledger' } })).toBe('done');
    expect(await create('editor', { template: { spec: {} } })).toBe('done');
  });

  const refused: Record<string, { spec: object; needs: string }> = {
    'a Deployment of others': {
      spec: { workloadRef: { name: 'others' } },
      needs: 'spec.workloadRef needs the verb patch on the Deployment others',
    },
    'pods of its own': {
      spec: { template: { spec: {} } },
      needs: 'spec.template needs the verb create on deployments.apps in this namespace',
    },
    'a Service of others': {
      spec: { ...LEDGER, traffic: { service: 'others' } },
      needs: 'spec.traffic.service needs the verb patch on the Service others',
    },
    'a route of its own': {
      spec: { ...LEDGER, traffic: { service: 'ledger', gateway: { route: { rules: [] } } } },
      needs: 'spec.traffic.gateway.route needs the verb create on httproutes in this namespace',
    },
    'Jobs of its own': {
      spec: withQueries({ job: JOB }),
      needs: 'a job in spec.checks.queries needs the verb create on jobs.batch in this namespace',
    },
    'a token of others': {
      spec: withQueries(web({}), web({ authorization: { bearer: { name: 'till' } } })),
      needs: 'spec.checks needs the verb get on the Secret till',
    },
    'a password of others': {
      spec: withQueries({
        prometheus: { address: 'http://p', query: 'up', authorization: { basic: { name: 'till' } } },
        threshold,
      }),
      needs: 'spec.checks needs the verb get on the Secret till',
    },
    'a CA of others': {
      spec: withQueries(web({ authorization: { bearer: { name: 'ledger' } }, tls: { ca: { name: 'till' } } })),
      needs: 'spec.checks needs the verb get on the Secret till',
    },
    'a token of others for its own pods': {
      spec: { ...LEDGER, checks: { scrape: { authorization: { bearer: { name: 'till' } } } } },
      needs: 'spec.checks needs the verb get on the Secret till',
    },
    'a route of others': {
      spec: { ...LEDGER, traffic: ROUTE_REF },
      needs: 'spec.traffic.gateway.routeRef needs the verb patch on the HTTPRoute shop',
    },
  };
  it.each(Object.entries(refused))('may not use %s', async (_name, { spec, needs }) => {
    expect(await create('narrow', spec)).toBe(
      `narrow lacks a right that the operator would use for them: ${needs}`,
    );
  });

  it('may be paused by who could not have written the rest, but not pointed elsewhere', async () => {
    await createClient(adminTransport()).create(APP_RELEASES, release({ ...LEDGER, traffic: ROUTE_REF }, 'routed'));
    expect(await change('narrow', 'routed', { paused: true })).toBe('done');
    const elsewhere = { gateway: { routeRef: { name: 'till' } } };
    expect(await change('narrow', 'routed', { traffic: elsewhere })).toContain('the HTTPRoute till');
    const owned = { gateway: { routeRef: null, route: { rules: [] } } };
    expect(await change('narrow', 'routed', { traffic: owned })).toContain('cannot change between route and routeRef');
  });

  it('may name as many Secrets as the schema has room for, each of which is asked about', async () => {
    const scrape = {
      scheme: 'https',
      authorization: { basic: { name: 'ledger' } },
      tls: { ca: { name: 'ledger' } },
    };
    const all = (last: string) => {
      const spec = withQueries(
        ...Array.from({ length: 10 }, (_, at) =>
          web({
            authorization: { bearer: { name: 'ledger' } },
            tls: { ca: { name: at === 9 ? last : 'ledger' } },
          }),
        ),
      );
      return { ...spec, checks: { ...spec.checks, scrape } };
    };
    expect(await create('narrow', all('ledger'))).toBe('done');
    expect(await create('narrow', all('till'))).toContain('the verb get on the Secret till');
  });

  it('keeps its Secrets and Jobs when somebody changes what is beside them', async () => {
    const spec = withQueries({ job: JOB }, web({ authorization: { bearer: { name: 'till' } } }));
    await createClient(adminTransport()).create(APP_RELEASES, release(spec, 'checked'));
    expect(await change('narrow', 'checked', { paused: true })).toBe('done');
    const [first, second] = spec.checks.queries;
    const other = { ...first, job: { template: { spec: { containers: [{ name: 'other' }] } } } };
    const checks = { queries: [other, second] };
    expect(await change('narrow', 'checked', { checks })).toContain('create on jobs.batch');
  });

  it('may be written by the operator, which has none of these rights', async () => {
    expect(await create(OPERATOR, { workloadRef: { name: 'others' } })).toBe('done');
  });

  it('may not be deleted so that its pods belong to nobody', async () => {
    await createClient(adminTransport()).create(APP_RELEASES, release(LEDGER, 'doomed'));
    expect(await told(deleteWith('doomed', 'Orphan'))).toMatch(/^an AppRelease cannot be deleted with/);
    expect(await told(kubectl(['delete', 'rel', '--all', '-n', 'bank', '--cascade=orphan']))).toContain(
      'cannot be deleted with propagationPolicy Orphan',
    );
    expect(await told(deleteWith('doomed', 'Foreground'))).toBe('done');
  });
});

describe('kubectl slipway', () => {
  const CANDIDATE = {
    observedGeneration: 1,
    phase: 'Paused',
    stage: 'Stepping',
    message: 'step 2/2 pause at 5 %',
    stable: { revision: 1, podTemplateHash: 'a', replicaSet: 'till-r1-a' },
    candidate: { revision: 2, podTemplateHash: 'b', replicaSet: 'till-r2-b' },
    step: { index: 1, kind: 'pause', startedAt: '2026-11-21T09:00:00Z' },
    weight: { desired: 5, observed: 5 },
  };

  beforeAll(async () => {
    const admin = createClient(adminTransport());
    await admin.create(APP_RELEASES, release({ template: { spec: {} } }, 'till'));
    const till = { type: APP_RELEASES, namespace: 'bank', name: 'till' };
    await admin.mergePatch(till, { status: CANDIDATE }, { subresource: 'status' });
  });

  /* Answers as the operator would, while the command waits. */
  const answer = async (phase: string, message: string) => {
    const admin = createClient(adminTransport());
    const { items } = await admin.list(RELEASE_ACTIONS, { namespace: 'bank' });
    for (const { metadata, spec } of items) {
      const isTill = JSON.stringify(spec).includes('"till"');
      const ref = { type: RELEASE_ACTIONS, namespace: 'bank', name: metadata.name ?? '' };
      if (isTill) await admin.mergePatch(ref, { status: { phase, message } }, { subresource: 'status' });
    }
  };

  async function type(user: string, line: string) {
    const seen = { out: '', err: '' };
    const io: Io = {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      isTerminal: false,
      env: { KUBECONFIG: tier.userKubeconfig({ name: user }) },
      now: () => instant(Date.now()),
      sleep: () => answer('Applied', `${user} passed step 1`),
      isInterrupted: () => false,
      writeText: () => undefined,
          readText: (path) => readFileSync(path, 'utf8'),
      connect: (path) => connect({ userAgent: 'test', ...(path === undefined ? {} : { kubeconfigPath: path }) }),
    };
    const code = await run(line.split(' '), io);
    return { ...seen, code };
  }

  it('promotes in the name of the caller and tells the answer', async () => {
    expect(await type('editor', 'promote till -n bank --reason=fine')).toEqual({
      code: 0,
      out: 'Applied: editor passed step 1\n',
      err: '',
    });
    const { items } = await createClient(adminTransport()).list(RELEASE_ACTIONS, { namespace: 'bank' });
    expect(items.map(({ spec }) => spec)).toContainEqual({
      release: 'till',
      action: 'promote',
      revision: 2,
      step: 1,
      by: 'editor',
      reason: 'fine',
    });
  });

  it('says what a caller lacks', async () => {
    const seen = await type('narrow', 'abort till -n bank');
    expect(seen.code).toBe(1);
    expect(seen.err).toBe(
      'error: narrow may not abort the AppRelease till: grant the verb abort on appreleases.slipway.dev\n',
    );
  });

  it('shows, explains and waits with the rights of a viewer', async () => {
    expect(await type('viewer', 'status till -n bank')).toMatchObject({ code: 0, err: '' });
    expect((await type('viewer', 'explain till -n bank')).out).toContain('till is Paused');
    expect(await type('viewer', 'wait till -n bank --for paused')).toMatchObject({ code: 0 });
  });

  it('is found by kubectl as a plugin', async () => {
    const plugins = join(import.meta.dirname, '../../operator/src/cli');
    const out = await runProgram(tier.binaries.kubectl, ['slipway', 'status', 'till', '-n', 'bank'], {
      timeoutMs: 60_000,
      env: {
        PATH: `${plugins}${delimiter}${process.env['PATH'] ?? ''}`,
        KUBECONFIG: tier.userKubeconfig({ name: 'viewer' }),
      },
    });
    expect(out).toContain('till  Paused  namespace bank');
  });
});

function rule(group: string, resources: readonly string[], verbs: readonly string[]) {
  return { apiGroups: [group], resources, verbs };
}

function role(name: string, rules: readonly object[]): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { namespace: 'bank', name },
    rules,
  };
}

function binding(user: string, { kind, name }: { kind: string; name: string }): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { namespace: 'bank', name: `${user.replaceAll(':', '-')}-${name}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
}
