// What a cluster needs once, whatever runs in it: kinds, policies and roles for people.
import type { Construct } from 'constructs';
import { aggregatedRoles, validatingAdmissionPolicies } from '../../../operator/src/api/policies.ts';
import { operatorUser } from '../constructs/operator-install.ts';
import { PlainObjects } from '../constructs/plain-objects.ts';

/** The admission policies, which exempt the operator, and the roles that `edit` and `view` grow by. */
export function addClusterPolicies(chart: Construct): void {
  new PlainObjects(chart, 'Policies', validatingAdmissionPolicies({ exemptUsers: [operatorUser()] }));
  new PlainObjects(chart, 'Roles', aggregatedRoles());
}
