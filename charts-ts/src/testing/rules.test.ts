import { describe, expect, it } from '@jest/globals';
import { Cron } from 'cdk8s';
import { AppReleaseObject } from '../constructs/app-release-object.ts';
import { BackupCronJob } from '../constructs/backup-cron-job.ts';
import { WebApp } from '../constructs/web-app.ts';
import type { Manifest } from '../manifest.ts';
import { reference } from './references.ts';
import { RULE_BOOK, type RuleName } from './rule-book.ts';
import { referencesExist } from './rules.ts';
import { synth } from './synth.ts';

const SPEC = { workloadRef: { name: 'shop' }, strategy: { canary: {} } };

function good(): readonly Manifest[] {
  return synth((scope) => {
    new WebApp(scope, 'Shop', { name: 'shop', image: 'shop:1', scale: { kind: 'release' } });
    new AppReleaseObject(scope, 'Release', { name: 'shop', spec: SPEC });
    new BackupCronJob(scope, 'Backup', {
      app: 'shop',
      image: 'backup:1',
      claim: 'sets',
      databaseSecret: 'shop-db',
      schedule: Cron.daily(),
    });
  });
}

interface Break {
  readonly rule: RuleName;
  readonly kind: string;
  /** Path of the field and what to put there; undefined takes it away. */
  readonly path: string;
  readonly value: unknown;
}

const TEMPLATE = 'spec.template';
const POD = `${TEMPLATE}.spec`;
const CONTAINER = `${POD}.containers.0`;

const BREAKS: Readonly<Record<string, Break>> = {
  'a pod as root': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${POD}.securityContext.runAsNonRoot`, value: false },
  'a pod without a numeric user': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${POD}.securityContext.runAsUser`, value: undefined },
  'no seccomp profile': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${POD}.securityContext.seccompProfile`, value: undefined },
  'the network of the node': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${POD}.hostNetwork`, value: true },
  'a folder of the node': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${POD}.volumes.0.hostPath`, value: { path: '/' } },
  'capabilities kept': { rule: 'podsAreRestricted', kind: 'CronJob', path: 'spec.jobTemplate.spec.template.spec.containers.0.securityContext.capabilities', value: undefined },
  'privileges to gain': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${CONTAINER}.securityContext.allowPrivilegeEscalation`, value: true },
  'a writable image': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${CONTAINER}.securityContext.readOnlyRootFilesystem`, value: false },
  'nowhere to write': { rule: 'podsAreRestricted', kind: 'Deployment', path: `${CONTAINER}.volumeMounts`, value: [] },
  'a token for everybody': { rule: 'tokensAreRare', kind: 'Deployment', path: `${POD}.automountServiceAccountToken`, value: true },
  'no readiness probe': { rule: 'serversAreProbed', kind: 'Deployment', path: `${CONTAINER}.readinessProbe`, value: undefined },
  'a probe that only connects': { rule: 'serversAreProbed', kind: 'Deployment', path: `${CONTAINER}.startupProbe`, value: { tcpSocket: { port: 1 } } },
  'no requests': { rule: 'resourcesAreStated', kind: 'Deployment', path: `${CONTAINER}.resources.requests`, value: undefined },
  'a cpu limit': { rule: 'resourcesAreStated', kind: 'Deployment', path: `${CONTAINER}.resources.limits.cpu`, value: '1' },
  'the latest image': { rule: 'imagesAreFixed', kind: 'Deployment', path: `${CONTAINER}.image`, value: 'shop:latest' },
  'an image without a tag': { rule: 'imagesAreFixed', kind: 'Deployment', path: `${CONTAINER}.image`, value: 'registry:5000/shop' },
  'an image that is always pulled': { rule: 'imagesAreFixed', kind: 'Deployment', path: `${CONTAINER}.imagePullPolicy`, value: 'Always' },
  'a Deployment that misses its pods': { rule: 'selectorsMatch', kind: 'Deployment', path: `${TEMPLATE}.metadata.labels`, value: { app: 'other' } },
  'a Service that selects nothing': { rule: 'selectorsMatch', kind: 'Service', path: 'spec.selector', value: { app: 'other' } },
  'a Deployment that selects all pods': { rule: 'selectorsMatch', kind: 'Deployment', path: 'spec.selector.matchLabels', value: {} },
  'a hash of the source': { rule: 'noHashes', kind: 'Deployment', path: `${TEMPLATE}.metadata.labels`, value: { 'cdk8s.io/metadata.addr': 'x' } },
  'an owned empty list': { rule: 'noEmptyLists', kind: 'Service', path: 'spec.externalIPs', value: [] },
  'a password in the clear': { rule: 'noSecrets', kind: 'Deployment', path: `${CONTAINER}.env`, value: [{ name: 'PGPASSWORD', value: 'x' }] },
  'a password in a URL': { rule: 'noSecrets', kind: 'Deployment', path: `${CONTAINER}.args`, value: ['postgresql://a:b@host/db'] },
  'a Secret': { rule: 'noSecrets', kind: 'Service', path: 'kind', value: 'Secret' },
  'replicas beside a release': { rule: 'drivenDeploymentsSayNothing', kind: 'Deployment', path: 'spec.replicas', value: 2 },
  'a missed night': { rule: 'cronJobsEnd', kind: 'CronJob', path: 'spec.startingDeadlineSeconds', value: 10 },
  'two nights at once': { rule: 'cronJobsEnd', kind: 'CronJob', path: 'spec.concurrencyPolicy', value: 'Allow' },
  'a night without end': { rule: 'cronJobsEnd', kind: 'CronJob', path: 'spec.jobTemplate.spec.activeDeadlineSeconds', value: undefined },
  'a night somewhere': { rule: 'cronJobsEnd', kind: 'CronJob', path: 'spec.timeZone', value: undefined },
  'a release without a strategy': { rule: 'releasesMakeSense', kind: 'AppRelease', path: 'spec.strategy', value: {} },
  'no namespace': { rule: 'namespacesAreNamed', kind: 'Service', path: 'metadata.namespace', value: undefined },
  'a cluster role in a namespace': { rule: 'namespacesAreNamed', kind: 'Service', path: 'kind', value: 'ClusterRole' },
  'an object twice': { rule: 'objectsAreUnique', kind: 'AppRelease', path: 'kind', value: 'Deployment' },
};

it('finds nothing wrong with what is right', () => {
  const found = Object.values(RULE_BOOK).flatMap((rule) => rule(good()));
  expect(found).toEqual([]);
});

describe('a rule finds', () => {
  it.each(Object.entries(BREAKS))('%s', (_, { rule, kind, path, value }) => {
    const broken = good().map((object) => (object.kind === kind ? changed(object, path, value) : object));
    expect(RULE_BOOK[rule](broken)).not.toEqual([]);
  });

  it('something for each of them', () => {
    const found = new Set(Object.values(BREAKS).map(({ rule }) => rule));
    expect([...found].toSorted()).toEqual(Object.keys(RULE_BOOK).toSorted());
  });

  it('what is nowhere', () => {
    const missing = referencesExist([reference('Secret', 'test', 'shop-db')])(good());
    expect(missing).toEqual(['PersistentVolumeClaim test/sets is nowhere', 'Namespace /test is nowhere']);
  });
});

function changed(object: Manifest, path: string, value: unknown): Manifest {
  const copy: Manifest = structuredClone(object);
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let place = copy as unknown as Record<string, Record<string, never>>;
  for (const step of steps) {
    const next = place[step];
    if (next === undefined) throw new Error(`${path}: nothing at ${step}`);
    place = next;
  }
  Object.assign(place, { [last]: value });
  return structuredClone(copy);
}
