// Where a Secret comes from. None of the four puts a value into git.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { checkSelf, type Problem } from '../checks/finding.ts';
import { GeneratedSecret, templateProblems } from './generated-secret.ts';

/**
 * - `existing`: somebody else makes it; nothing is rendered.
 * - `generated`: a Job makes it at the first installation and never touches it again.
 * - `external`: External Secrets copies it from a vault and keeps it up to date.
 * - `sealed`: Sealed Secrets opens what was closed with the cluster's public key.
 */
export type SecretOrigin =
  | { readonly kind: 'existing' }
  | {
      readonly kind: 'generated';
      /** Image with Node.js, such as the app's. */
      readonly image: string;
      /** Key to text, in which `{{random:name}}` is 32 random letters and digits, the same for a name. */
      readonly template: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'external';
      readonly store: {
        /** @default ClusterSecretStore */
        readonly kind?: 'ClusterSecretStore' | 'SecretStore';
        readonly name: string;
      };
      /** Where the value of each key stands in the store. */
      readonly keys: Readonly<Record<string, { readonly key: string; readonly property: string }>>;
      /** How often the store is asked, as Go writes durations. @default 1h */
      readonly refreshInterval?: string;
    }
  | {
      readonly kind: 'sealed';
      /** What `kubeseal` made of each value. Strict scope: it opens under this name and namespace only. */
      readonly encrypted: Readonly<Record<string, string>>;
    };

export interface SecretSourceProps {
  readonly name: string;
  readonly origin: SecretOrigin;
  /** Keys it must have; one that is missing is a finding. @default - not looked at */
  readonly keys?: readonly string[];
}

/* An RSA block is the least that kubeseal writes. */
const SHORTEST_SEALED = 300;

export class SecretSource extends Construct {
  constructor(scope: Construct, id: string, { name, origin, keys = [] }: SecretSourceProps) {
    super(scope, id);
    checkSelf(this, () => problemsOf(origin, keys));
    if (origin.kind === 'generated') new GeneratedSecret(this, 'Generated', { name, ...origin });
    if (origin.kind === 'external') this.addExternal(name, origin);
    if (origin.kind === 'sealed') this.addSealed(name, origin.encrypted);
  }

  private addExternal(name: string, origin: SecretOrigin & { kind: 'external' }): void {
    const { store, keys, refreshInterval = '1h' } = origin;
    new ApiObject(this, 'External', {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name },
      spec: {
        refreshInterval,
        secretStoreRef: { kind: store.kind ?? 'ClusterSecretStore', name: store.name },
        // It stays when the ExternalSecret goes: pods that start meanwhile need it.
        target: { name, creationPolicy: 'Owner', deletionPolicy: 'Retain' },
        data: Object.entries(keys).map(([secretKey, remoteRef]) => ({ secretKey, remoteRef })),
      },
    });
  }

  private addSealed(name: string, encrypted: Readonly<Record<string, string>>): void {
    new ApiObject(this, 'Sealed', {
      apiVersion: 'bitnami.com/v1alpha1',
      kind: 'SealedSecret',
      metadata: { name },
      spec: { encryptedData: { ...encrypted }, template: { type: 'Opaque' } },
    });
  }
}

function problemsOf(origin: SecretOrigin, wanted: readonly string[]): readonly Problem[] {
  const had = keysOf(origin);
  const missing = had === undefined ? [] : wanted.filter((key) => !had.includes(key));
  return [
    ...missing.map((key) => ({
      field: `origin.${key}`,
      problem: `the Secret would lack the key ${key}, which is read from it`,
      remedy: 'Add it',
    })),
    ...(origin.kind === 'generated' ? templateProblems(origin.template) : []),
    ...(origin.kind === 'sealed' ? openProblems(origin.encrypted) : []),
  ];
}

function keysOf(origin: SecretOrigin): readonly string[] | undefined {
  if (origin.kind === 'existing') return undefined;
  if (origin.kind === 'generated') return Object.keys(origin.template);
  return Object.keys(origin.kind === 'external' ? origin.keys : origin.encrypted);
}

/* A value that somebody forgot to seal. */
function openProblems(encrypted: Readonly<Record<string, string>>): readonly Problem[] {
  return Object.entries(encrypted)
    .filter(([, text]) => text.length < SHORTEST_SEALED || !/^[A-Za-z0-9+/]+=*$/.test(text))
    .map(([key]) => ({
      field: `origin.encrypted.${key}`,
      problem: 'this is not what kubeseal writes, so it may be the value itself',
      remedy: 'Seal it: kubeseal --raw --name <secret> --namespace <namespace>',
    }));
}
