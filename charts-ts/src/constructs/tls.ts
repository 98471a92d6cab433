// Where the certificate of a host comes from. Private keys are never rendered: cert-manager makes them,
// or somebody else has.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { Problem } from '../checks/finding.ts';

/** Who signs: an Issuer of the namespace or a ClusterIssuer. */
export interface Issuer {
  /** @default ClusterIssuer */
  readonly kind?: 'ClusterIssuer' | 'Issuer';
  readonly name: string;
}

/**
 * Certificate and key lie in the Secret `secret`:
 *
 * - `annotation`: cert-manager makes it because the Ingress or Gateway carries its annotation.
 * - `certificate`: cert-manager makes it from a Certificate that is rendered beside it.
 * - `existing`: somebody else makes and renews it.
 */
export type Tls =
  | { readonly kind: 'annotation'; readonly secret: string; readonly issuer: Issuer }
  | { readonly kind: 'certificate'; readonly secret: string; readonly issuer: Issuer }
  | { readonly kind: 'existing'; readonly secret: string };

/** What the object that terminates TLS is annotated with. */
export function tlsAnnotations(tls: Tls): Record<string, string> {
  if (tls.kind !== 'annotation') return {};
  const name = tls.issuer?.name ?? '';
  return (tls.issuer?.kind ?? 'ClusterIssuer') === 'ClusterIssuer'
    ? { 'cert-manager.io/cluster-issuer': name }
    : { 'cert-manager.io/issuer': name };
}

/** A certificate that nobody would ever sign. */
export function tlsProblems(tls: Tls | undefined): readonly Problem[] {
  if (tls === undefined || tls.kind === 'existing') return [];
  // Data from elsewhere may lack what the type demands.
  if ((tls.issuer?.name ?? '').trim() !== '') return [];
  return [
    {
      field: 'tls.issuer',
      problem: `nobody issues the certificate in Secret ${tls.secret}`,
      remedy: "Name a ClusterIssuer or Issuer of cert-manager, or use { kind: 'existing' }",
    },
  ];
}

export interface CertificateProps {
  /** Of the Certificate and its Secret. */
  readonly secret: string;
  readonly hosts: readonly string[];
  readonly issuer: Issuer;
}

/** Renewed with a new key each time; cert-manager's own defaults for the rest (90 days). */
export class Certificate extends Construct {
  constructor(scope: Construct, id: string, { secret, hosts, issuer }: CertificateProps) {
    super(scope, id);
    new ApiObject(this, 'Resource', {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: secret },
      spec: {
        secretName: secret,
        dnsNames: [...hosts],
        issuerRef: { group: 'cert-manager.io', kind: issuer?.kind ?? 'ClusterIssuer', name: issuer?.name ?? '' },
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      },
    });
  }
}
