// An HTTPRoute of the Gateway API: as a spec for an AppRelease, whose operator then owns the route
// and its weights, or as an object for an app that is not released by one.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

export interface HttpRouteProps {
  /** The Gateway it is attached to. */
  readonly gateway: { readonly name: string; readonly namespace: string };
  /** Names of the Gateway's listeners. @default - all that allow it */
  readonly listeners?: readonly string[];
  readonly hostnames: readonly string[];
  readonly service: string;
  /** Port of the Service. @default 80 */
  readonly port?: number;
  /** Tells browsers to use HTTPS only; for routes of an HTTPS listener. @default - not told */
  readonly hsts?: Hsts;
}

/** HTTP Strict Transport Security (RFC 6797). */
export interface Hsts {
  /** Seconds for which browsers remember it. @default 31536000 */
  readonly maxAgeSeconds?: number;
  /** Whether it holds for every name below the host too. @default true */
  readonly includeSubDomains?: boolean;
}

/** An HTTPRouteSpec with one rule, everything to one Service. */
export function httpRouteSpec(props: HttpRouteProps): Record<string, unknown> {
  const { gateway, listeners, hostnames, service, port = 80, hsts } = props;
  const parent = { name: gateway.name, namespace: gateway.namespace };
  return {
    parentRefs: listeners ? listeners.map((sectionName) => ({ ...parent, sectionName })) : [parent],
    hostnames: [...hostnames],
    rules: [
      { ...(hsts ? { filters: [hstsFilter(hsts)] } : {}), backendRefs: [{ name: service, port }] },
    ],
  };
}

/** A filter that sets the header on every answer, whatever the app says itself. */
export function hstsFilter({ maxAgeSeconds = 31_536_000, includeSubDomains = true }: Hsts) {
  const value = `max-age=${maxAgeSeconds}${includeSubDomains ? '; includeSubDomains' : ''}`;
  return {
    type: 'ResponseHeaderModifier',
    responseHeaderModifier: { set: [{ name: 'Strict-Transport-Security', value }] },
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
