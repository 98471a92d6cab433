import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkSecrets } from '../checks/secret-check.ts';
import { podTemplates } from '../pod-templates.ts';
import { RULE_BOOK } from '../testing/rule-book.ts';
import { kindsOf, only, synth } from '../testing/synth.ts';
import { SecretSource, type SecretOrigin } from './secret-source.ts';

const KEYS = ['username', 'password'];
const SEALED = 'A'.repeat(684);
const GENERATED: SecretOrigin = {
  kind: 'generated',
  image: 'registry.example/shop:1.2.3',
  template: { username: 'shop', password: '{{random:password}}' },
};

const render = (origin: SecretOrigin, keys: readonly string[] = KEYS) =>
  synth((scope) => new SecretSource(scope, 'Secret', { name: 'shop-db', origin, keys }));

describe('a Secret', () => {
  it('S6: that exists is only named', () => {
    expect(render({ kind: 'existing' })).toEqual([]);
  });

  it('S6: is generated at the first installation by a Job that may create Secrets and read none', () => {
    const objects = render(GENERATED);
    expect(kindsOf(objects)).toEqual(['Job', 'Role', 'RoleBinding', 'ServiceAccount']);
    expect(only(objects, 'Role')['rules']).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }]);
    expect(Object.values(RULE_BOOK).flatMap((rule) => rule(objects))).toEqual([]);
    const [template] = podTemplates(objects);
    expect(template?.spec.serviceAccountName).toBe('shop-db-secret-init');
    expect(only(objects, 'Job').metadata.name).toBe('shop-db-secret-init-1-2-3');
  });

  it('S6: is copied from a vault by External Secrets, key by key', () => {
    const ref = (property: string) => ({ key: 'shop/db', property });
    const origin: SecretOrigin = {
      kind: 'external',
      store: { name: 'vault' },
      keys: { username: ref('user'), password: ref('pass') },
    };
    expect(only(render(origin), 'ExternalSecret')).toMatchObject({
      apiVersion: 'external-secrets.io/v1',
      metadata: { name: 'shop-db' },
      spec: {
        refreshInterval: '1h',
        secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
        target: { name: 'shop-db', creationPolicy: 'Owner', deletionPolicy: 'Retain' },
        data: [
          { secretKey: 'username', remoteRef: { key: 'shop/db', property: 'user' } },
          { secretKey: 'password', remoteRef: { key: 'shop/db', property: 'pass' } },
        ],
      },
    });
  });

  it('S6: is opened by Sealed Secrets from what was sealed for this cluster', () => {
    const origin: SecretOrigin = { kind: 'sealed', encrypted: { username: SEALED, password: SEALED } };
    expect(only(render(origin), 'SealedSecret')).toMatchObject({
      apiVersion: 'bitnami.com/v1alpha1',
      metadata: { name: 'shop-db' },
      spec: { encryptedData: { username: SEALED, password: SEALED }, template: { type: 'Opaque' } },
    });
  });

  it.each<readonly [string, SecretOrigin, RegExp]>([
    [
      'lacks a key that is read',
      { kind: 'sealed', encrypted: { username: SEALED } },
      /origin\.password: the Secret would lack the key password/,
    ],
    [
      'has a value nobody sealed',
      { kind: 'sealed', encrypted: { username: SEALED, password: 'hunter2' } },
      /origin\.encrypted\.password: this is not what kubeseal writes/,
    ],
    [
      'has nothing random in it',
      { ...GENERATED, template: { username: 'shop', password: 'hunter2' } },
      /origin\.template: nothing in it is random/,
    ],
  ])('that %s is not rendered', (...[, origin, want]) => {
    expect(() => render(origin)).toThrow(want);
  });

  it.each([GENERATED, { kind: 'sealed', encrypted: { username: SEALED, password: SEALED } } as const])(
    'T6: of origin $kind puts no value into the manifests',
    (origin) => {
      const objects = render(origin).map((object) => ({ path: 'x', object }));
      expect(checkSecrets({ objects, databases: [] })).toEqual([]);
    },
  );
});

describe('the program that generates it', () => {
  it('ends with 1 and prints no value when the API server cannot be reached', async () => {
    const env = {
      GENERATE_NAME: 'shop-db',
      GENERATE_NAMESPACE: 'shop',
      GENERATE_TEMPLATE: '{"password":"{{random:password}}"}',
      ACCOUNT_DIR: join(import.meta.dirname, 'nowhere'),
    };
    const program = join(import.meta.dirname, 'create-secret.cjs');
    const ended = await new Promise<{ code: unknown; output: string }>((resolve) =>
      execFile(process.execPath, [program], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code, output: stdout + stderr }),
      ),
    );
    expect(ended.code).toBe(1);
    expect(ended.output).toContain('ca.crt');
    expect(ended.output).not.toMatch(/[A-Za-z0-9]{32}/);
  });
});
