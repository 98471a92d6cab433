// A plain Ingress in front of a Service, for clusters without the Gateway API. An Ingress knows no
// weights, and has no field for a redirect: with `tls` the common controllers redirect by themselves
// (ingress-nginx answers 308) or by a setting of their installation (Traefik's entry point). Where that
// must not depend on the controller, use a WebGateway.
import { HttpIngressPathType, Ingress, IngressBackend, Secret, type Service } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkSelf } from '../checks/finding.ts';
import { Certificate, tlsAnnotations, tlsProblems, type Tls } from './tls.ts';

export interface WebIngressProps {
  readonly name: string;
  readonly service: Service;
  readonly host: string;
  /** @default - the cluster's default class */
  readonly className?: string;
  /** Where the certificate comes from. @default - plain HTTP */
  readonly tls?: Tls;
  /** For what only one controller knows. @default - none but cert-manager's */
  readonly annotations?: Readonly<Record<string, string>>;
}

export class WebIngress extends Construct {
  constructor(scope: Construct, id: string, props: WebIngressProps) {
    super(scope, id);
    const { name, host, tls, className } = props;
    checkSelf(this, () => tlsProblems(tls));
    const annotations = { ...(tls ? tlsAnnotations(tls) : {}), ...props.annotations };
    new Ingress(this, 'Resource', {
      metadata: { name, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      ...(className ? { className } : {}),
      ...(tls
        ? { tls: [{ hosts: [host], secret: Secret.fromSecretName(this, 'Key', tls.secret) }] }
        : {}),
      rules: [
        {
          host,
          path: '/',
          pathType: HttpIngressPathType.PREFIX,
          backend: IngressBackend.fromService(props.service),
        },
      ],
    });
    if (tls?.kind === 'certificate') {
      new Certificate(this, 'Certificate', { secret: tls.secret, hosts: [host], issuer: tls.issuer });
    }
  }
}
