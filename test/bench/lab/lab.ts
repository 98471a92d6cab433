// The cluster that all benchmarks of a run share. Each takes a namespace of its own, and an operator
// that looks at nothing else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { customResourceDefinitions } from '../../../operator/src/api/crd.ts';
import { createClient, type KubeClient } from '../../../operator/src/kube/client.ts';
import type { RawObject, ResourceType } from '../../../operator/src/kube/resource.ts';
import { connect } from '../../../operator/src/kube/connect.ts';
import type { Transport } from '../../../operator/src/kube/transport.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import { bundle } from '../../../tools/images/bundle.ts';
import { BUNDLES } from '../../../tools/images/catalog.ts';
import { gatewayDefinitions } from '../../cluster/src/addons/crds.ts';
import { type ApiTier, startApiTier } from '../../cluster/src/api-tier.ts';
import { cacheFolder } from '../../cluster/src/paths.ts';
import { waitFor } from '../../cluster/src/process/wait.ts';
import type { Progress } from '../../cluster/src/progress.ts';
import { type AuditLog, openAuditLog } from './audit-log.ts';
import {
  type OperatorOptions,
  type OperatorProcess,
  startOperatorProcess,
} from './operator-process.ts';
import { mountServiceAccount } from './service-account.ts';
import { type Sightings, watchSightings } from './sightings.ts';

export type Lab = {
  readonly tier: ApiTier;
  readonly client: KubeClient;
  readonly audit: AuditLog;
  /** For files of a run; removed with the lab. */
  readonly folder: string;
  /** A connection of its own, for a client that must be told apart; closed with the lab. */
  transport(userAgent: string): Transport;
  /** Opens a namespace, runs `use` in it, and ends what was started there. */
  inNamespace<T>(name: string, use: (site: Site) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
};

export type Site = {
  readonly lab: Lab;
  readonly namespace: string;
  readonly client: KubeClient;
  /** An operator process for this namespace; ended with the site, however that ends. */
  startOperator(name?: string): OperatorProcess;
  /** The same with another API server. */
  startOperatorAt(place: Pick<OperatorOptions, 'name' | 'server' | 'accountFolder'>): OperatorProcess;
  watch(type: ResourceType): Promise<Sightings>;
  /** Ended in reverse order when the site is left. */
  onEnd(end: () => Promise<void> | void): void;
};

const NAMESPACE: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
const DEFINITION: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const FAKE_NODES = 20;

export const openLab = async (progress: Progress): Promise<Lab> => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const auditPath = join(folder, 'audit.jsonl');
  const programs: Programs = {
    bundle: join(folder, 'operator.mjs'),
    preload: join(folder, 'in-pod.mjs'),
    accountFolder: join(folder, 'serviceaccount'),
  };
  await bundle(join(import.meta.dirname, '../../..', BUNDLES.operator), programs.bundle);
  await bundle(join(import.meta.dirname, 'in-pod.ts'), programs.preload);
  const tier = await startApiTier({
    nodes: FAKE_NODES,
    audit: { path: auditPath, level: 'Metadata' },
    progress,
  });
  const transports: Transport[] = [];
  const transport = (userAgent: string): Transport => {
    const made = connect({ userAgent, kubeconfigPath: tier.kubeconfigPath, maxSockets: 64 });
    transports.push(made);
    return made;
  };
  const watching = transport('slipway-bench');
  const client = createClient(watching);
  let sites = 0;
  const lab: Lab = {
    tier,
    client,
    transport,
    folder,
    audit: openAuditLog(auditPath),
    async inNamespace(name, use) {
      sites += 1;
      const namespace = `${name}-${sites}`;
      await client.create(NAMESPACE, { metadata: { name: namespace } });
      const ends: (() => Promise<void> | void)[] = [];
      try {
        return await use(siteIn({ lab, namespace, watching, programs, ends }));
      } finally {
        for (const end of ends.toReversed()) await end();
      }
    },
    async stop() {
      for (const made of transports) made.close();
      await tier.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await installDefinitions(client);
  await mountServiceAccount(client, programs.accountFolder, tier.kubeconfigPath);
  return lab;
};

type Programs = Pick<OperatorOptions, 'bundle' | 'preload' | 'accountFolder'>;

type SiteParts = {
  readonly lab: Lab;
  readonly namespace: string;
  readonly watching: Transport;
  readonly programs: Programs;
  readonly ends: (() => Promise<void> | void)[];
};

const siteIn = ({ lab, namespace, watching, programs, ends }: SiteParts): Site => {
  const startOperatorAt: Site['startOperatorAt'] = (place) => {
    const logPath = join(cacheFolder('log'), `bench-${namespace}-${place.name}.log`);
    const operator = startOperatorProcess({ ...programs, ...place, namespace, logPath });
    ends.push(() => operator.stop());
    return operator;
  };
  return {
    lab,
    namespace,
    client: lab.client,
    startOperatorAt,
    startOperator: (name = 'operator') =>
      startOperatorAt({ name, server: lab.tier.server, accountFolder: programs.accountFolder }),
    async watch(type) {
      const sightings = await watchSightings({ transport: watching, type, namespace });
      ends.push(() => sightings.stop());
      return sightings;
    },
    onEnd: (end) => void ends.push(end),
  };
};

const installDefinitions = async (client: KubeClient): Promise<void> => {
  const all = await gatewayDefinitions();
  const gateway = all.filter(({ metadata }) => metadata.name.startsWith('httproutes.'));
  // The definitions are typed as what they are; the client takes any object.
  const objects = [...customResourceDefinitions(), ...gateway] as unknown as readonly RawObject[];
  for (const object of objects) {
    await client.apply(DEFINITION, object, { fieldManager: 'bench', force: true });
  }
  for (const { metadata } of objects) {
    await waitFor({
      what: `${metadata.name} to be served`,
      deadlineMs: 60_000,
      check: async () =>
        isEstablished(await client.get({ type: DEFINITION, name: metadata.name ?? '' })) ||
        undefined,
    });
  }
};

const isEstablished = ({ status }: RawObject): boolean =>
  list(record(status)['conditions'])
    .map(record)
    .some((condition) => condition['type'] === 'Established' && condition['status'] === 'True');
