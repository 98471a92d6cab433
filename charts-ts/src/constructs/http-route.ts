// An HTTPRoute of the Gateway API: as a spec for an AppRelease, whose operator then owns the route
// and its weights, or as an object for an app that is not released by one.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

export interface HttpRouteProps {
  /** The Gateway it is attached to. */
  readonly gateway: { readonly name: string; readonly namespace: string };
  readonly hostnames: readonly string[];
  readonly service: string;
  /** Port of the Service. @default 80 */
  readonly port?: number;
}

/** An HTTPRouteSpec with one rule, everything to one Service. */
export function httpRouteSpec(props: HttpRouteProps): Record<string, unknown> {
  const { gateway, hostnames, service, port = 80 } = props;
  return {
    parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
    hostnames: [...hostnames],
    rules: [{ backendRefs: [{ name: service, port }] }],
  };
}

export class HttpRoute extends Construct {
  constructor(scope: Construct, id: string, { name, ...spec }: HttpRouteProps & { name: string }) {
    super(scope, id);
    new ApiObject(this, 'Resource', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name },
      spec: httpRouteSpec(spec),
    });
  }
}
