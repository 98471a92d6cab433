// A Secret that is made once, in the cluster: a Job asks the API server to create it and takes "there is
// one already" for success, so that neither a second apply nor an upgrade changes a password.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Duration } from 'cdk8s';
import { EnvFieldPaths, EnvValue, Job, RestartPolicy, ServiceAccount, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Problem } from '../checks/finding.ts';
import { jobName } from './job-name.ts';
import { labelsOf } from './labels.ts';
import { restrictPods } from './patches.ts';
import { restrictedPod, type ProgramProps } from './restricted-pod.ts';

export interface GeneratedSecretProps {
  readonly name: string;
  readonly image: string;
  /** Key to text with `{{random:name}}` in it. */
  readonly template: Readonly<Record<string, string>>;
}

/** The component of its pods. They alone, beside the operator, have a token: to create the Secret. */
export const SECRET_COMPONENT = 'secret-init';

const RANDOM = /\{\{random:[a-z]+\}\}/;
const RBAC_GROUP = 'rbac.authorization.k8s.io';

/* Plain Node.js, so that no image with kubectl is needed. */
const SCRIPT = readFileSync(join(import.meta.dirname, 'create-secret.cjs'), 'utf8');

export class GeneratedSecret extends Construct {
  constructor(scope: Construct, id: string, props: GeneratedSecretProps) {
    super(scope, id);
    const identity = { name: props.name, component: SECRET_COMPONENT };
    const name = `${props.name}-${SECRET_COMPONENT}`;
    const metadata = { name, labels: labelsOf(identity) };
    new ServiceAccount(this, 'Account', { metadata, automountToken: false });
    this.allowCreating(name);
    const job = new Job(this, 'Job', {
      ...restrictedPod(this, {
        identity,
        serviceAccount: name,
        needsToken: true,
        restartPolicy: RestartPolicy.NEVER,
        program: this.program(props),
      }),
      metadata: { ...metadata, name: jobName(name, props.image) },
      backoffLimit: 5,
      activeDeadline: Duration.minutes(5),
      ttlAfterFinished: Duration.days(1),
    });
    restrictPods(job);
  }

  private program({ name, image, template }: GeneratedSecretProps): ProgramProps {
    return {
      name: SECRET_COMPONENT,
      image,
      command: ['node', '--eval', SCRIPT],
      resources: { cpuRequestMillis: 20, memoryRequestMebibytes: 48, memoryLimitMebibytes: 128 },
      env: {
        GENERATE_NAME: EnvValue.fromValue(name),
        GENERATE_NAMESPACE: EnvValue.fromFieldRef(EnvFieldPaths.POD_NAMESPACE),
        GENERATE_TEMPLATE: EnvValue.fromValue(JSON.stringify(template)),
      },
    };
  }

  /* RBAC cannot name what does not exist yet: the right is to create Secrets, and to read none. */
  private allowCreating(name: string): void {
    const namespace = Chart.of(this).namespace ?? 'default';
    new k8s.KubeRole(this, 'Role', {
      metadata: { name },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }],
    });
    new k8s.KubeRoleBinding(this, 'Binding', {
      metadata: { name },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
}

/** A template in which nothing is random would put the value into git. */
export function templateProblems(template: Readonly<Record<string, string>>): readonly Problem[] {
  if (Object.values(template).some((text) => RANDOM.test(text))) return [];
  return [
    {
      field: 'origin.template',
      problem: 'nothing in it is random, so its values stand in git',
      remedy: 'Write {{random:password}} where the secret part belongs',
    },
  ];
}
