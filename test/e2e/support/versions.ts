// Asking for another version of the app, as a pipeline would: a change of the Deployment's template.
import { DEMO } from '../../../charts-ts/src/environments/demo.ts';
import { DEPLOYMENT } from '../../../operator/src/controller/resources.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import type { Stack } from './stack.ts';

export interface Version {
  readonly image: string;
  /** Takes the place of what the container's environment has under these names; faults of before go. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Changes image and faults of the app's container in one write. */
export async function askForVersion({ client }: Stack, version: Version): Promise<void> {
  const ref = { type: DEPLOYMENT, namespace: DEMO.namespace, name: DEMO.app };
  const raw = await client.get(ref);
  const container = record(
    list(record(record(record(raw['spec'])['template'])['spec'])['containers'])[0],
  );
  const env = version.env ?? {};
  const kept = list(container['env']).filter((one) => {
    const name = String(record(one)['name']);
    return !name.startsWith('FAULT_') && !Object.hasOwn(env, name);
  });
  const added = Object.entries(env).map(([name, value]) => ({ name, value }));
  await client.jsonPatch(
    ref,
    [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: version.image },
      { op: 'replace', path: '/spec/template/spec/containers/0/env', value: [...kept, ...added] },
    ],
    { fieldManager: 'pipeline' },
  );
}
