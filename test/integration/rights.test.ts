// What the operator is granted and what it uses are the same: nothing is lacking, nothing lies about.
import { describe, expect, it } from '@jest/globals';
import {
  OPERATOR_HOME_PERMISSIONS,
  OPERATOR_PERMISSIONS,
  type Permission,
} from '../../charts-ts/src/operator-permissions.ts';
import { APP_RELEASE } from '../../operator/src/controller/resources.ts';
import { connect } from '../../operator/src/kube/connect.ts';
import { APP, appRelease, canary, deployment, ROUTE_SPEC, service } from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { isHealthy, isRolledBack } from './support/release-steps.ts';
import { rightsUsed } from './support/requests-of.ts';

const openLab = useLabs();
const readyPods = (lab: Lab) => lab.world.pods().filter((pod) => pod.isReady && !pod.isTerminating);

/** What these stories have no occasion for, and where it is used. */
const UNUSED_HERE: readonly string[] = [];

describe('an operator with a Role in one namespace and nothing else', () => {
  it('D6: plays whole releases without one right refused: adoption, canary, rollback, actions, hand-back', async () => {
    const lab = await openLab();
    const user = `operator-of-${lab.namespace}`;
    const rules = [...OPERATOR_PERMISSIONS, ...OPERATOR_HOME_PERMISSIONS];
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'operator' },
      rules,
    };
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'operator' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'operator' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    };
    await lab.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [role, binding] }),
    );
    const transport = connect({
      userAgent: 'slipway-test-restricted',
      kubeconfigPath: lab.tier.userKubeconfig({ name: user }),
    });

    startGateway(lab);
    await lab.apply(service());
    await lab.apply(deployment({ tag: '1' }, 2));
    await lab.eventually('the Deployment to serve', () => readyPods(lab).length === 2);
    const traffic = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
    await lab.apply(appRelease(canary([{ weight: 50 }], { traffic, revisionHistoryLimit: 1 })));
    const operator = await lab.startOperator({ transport });
    await lab.eventually('the adoption', isHealthy(lab, '1'));
    await lab.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { a: 'b' },
    });
    for (const tag of ['2', '3']) {
      await lab.apply(deployment({ tag, configMaps: ['settings'] }, 2));
      await lab.eventually(`version ${tag}`, isHealthy(lab, tag));
    }
    await lab.apply(deployment({ tag: '4', behaviour: 'image-missing' }, 2));
    await lab.eventually('the rollback', isRolledBack(lab, '3'));
    await lab.apply({
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'ReleaseAction',
      metadata: { name: 'again' },
      spec: { release: APP, action: 'retry', revision: 4, by: 'admin' },
    });
    await lab.eventually(
      'the second rollback',
      () =>
        isRolledBack(lab, '3')() &&
        lab.status().history?.filter(({ revision }) => revision === 4).length === 2,
    );
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually(
      'the AppRelease to go',
      () => lab.world.get(APP_RELEASE, APP) === undefined,
    );
    expect(operator.lines.filter((line) => /forbidden/i.test(line))).toEqual([]);
    const events = await lab.kubectl([
      'get',
      'events.events.k8s.io',
      '-o',
      'jsonpath={.items[*].reason}',
    ]);
    expect(events).toContain('ImageUnavailable');
    expect(rightsUnused(rules, rightsUsed(lab, user))).toEqual(UNUSED_HERE);
  });
});

/** What is granted and was not used, in the words of `rightsUsed`. */
function rightsUnused(rules: readonly Permission[], used: ReadonlySet<string>): readonly string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    )
    .filter((right) => !used.has(right))
    .toSorted();
}
