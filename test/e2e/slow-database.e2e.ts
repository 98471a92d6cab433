// A version that moved to a database farther away: each answer of it takes 80 ms longer. Nothing
// fails; it is slower than stable, and that is what it is taken back for.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { DEPLOYMENT } from '../../operator/src/controller/resources.ts';
import { list, record } from '../../operator/src/lib/json.ts';
import { openTestStack } from './support/access.ts';
import { askForSteps, restoreSteps } from './support/fault-cases.ts';
import { closeStage, openStage } from './support/open-stage.ts';
import { playRelease, type Stage } from './support/play-release.ts';
import { askForVersion } from './support/versions.ts';

const NAME = 'far-postgres';
const DELAY_MS = 80;
const IMAGE = 'localhost/slipway/ledger:1.2.0';

/** Hands on what the database says, in order, each piece late. */
const PROXY = `
require('node:net').createServer((client) => {
  const database = require('node:net').connect(5432, 'postgres');
  client.pipe(database);
  database.on('data', (piece) => setTimeout(() => client.write(piece), ${DELAY_MS}));
  const end = () => { client.destroy(); database.destroy(); };
  for (const side of [client, database]) side.on('error', end).on('close', end);
}).listen(5432);`;

const FAR_DATABASE = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, labels: { app: NAME } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'proxy',
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', PROXY],
          readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME },
    spec: { selector: { app: NAME }, ports: [{ port: 5432 }] },
  },
];

describe('a database that is slow for one version', () => {
  let stage: Stage;
  /** The template's environment as it was, which names the near database. */
  let before: readonly unknown[];
  const inBank = ['-n', DEMO.namespace];
  const deployment = { type: DEPLOYMENT, namespace: DEMO.namespace, name: DEMO.app };

  beforeAll(async () => {
    stage = await openStage(openTestStack(), 20);
    const { client, kubectlRun } = stage.stack;
    await stage.world.until('serving', ({ phase }) => phase !== 'Progressing', 60_000);
    for (const object of FAR_DATABASE) {
      const { kind, metadata } = object;
      const plural = kind === 'Pod' ? 'pods' : 'services';
      await client.apply(
        { group: '', version: 'v1', plural, kind, namespaced: true },
        { ...object, metadata: { ...metadata, namespace: DEMO.namespace } },
        { fieldManager: 'test' },
      );
    }
    await kubectlRun(...inBank, 'wait', '--for=condition=Ready', `pod/${NAME}`, '--timeout=60s');
    await askForSteps(stage.stack, [{ weight: 5 }, { verify: { seconds: 900, requests: 50 } }]);
    const raw = record(record(record((await client.get(deployment))['spec'])['template'])['spec']);
    before = list(record(list(raw['containers'])[0])['env']);
  });

  afterAll(async () => {
    try {
      const { client, kubectlRun } = stage.stack;
      const path = '/spec/template/spec/containers/0/env';
      await client.jsonPatch(deployment, [{ op: 'replace', path, value: before }], {
        fieldManager: 'pipeline',
      });
      const serving = stage.world.status().stable?.images?.[0] ?? '';
      await askForVersion(stage.stack, { image: serving });
      await stage.world.until('serving', ({ phase }) => phase === 'Healthy', 60_000);
      await restoreSteps(stage.stack);
      await kubectlRun(...inBank, 'delete', `pod/${NAME}`, `service/${NAME}`, '--now');
    } finally {
      await closeStage(stage);
    }
  });

  it('D3: with 80 ms more per query the candidate fails its latency check and is taken back', async () => {
    const played = await playRelease(stage, {
      name: 'a slow database',
      version: { image: IMAGE, env: { PGHOST: NAME } },
      want: 'RolledBack',
      timeoutMs: 180_000,
    });
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({
      outcome: 'RolledBack',
      reason: 'ChecksFailed',
      highestWeight: 5,
      failed: 0,
    });
    expect(played.message).toMatch(/of canary requests took over/);
  });
});
