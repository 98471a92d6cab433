// A plain Ingress in front of a Service, for clusters without the Gateway API. An Ingress knows no
// weights.
import { HttpIngressPathType, Ingress, IngressBackend, Secret, type Service } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface WebIngressProps {
  readonly name: string;
  readonly service: Service;
  readonly host: string;
  /** @default - the cluster's default class */
  readonly className?: string;
  /** Secret with the certificate, made elsewhere. @default - plain HTTP */
  readonly tlsSecret?: string;
}

export class WebIngress extends Construct {
  constructor(scope: Construct, id: string, props: WebIngressProps) {
    super(scope, id);
    const { host, tlsSecret, className } = props;
    new Ingress(this, 'Resource', {
      metadata: { name: props.name },
      ...(className ? { className } : {}),
      ...(tlsSecret
        ? { tls: [{ hosts: [host], secret: Secret.fromSecretName(this, 'Certificate', tlsSecret) }] }
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
  }
}
