// A Gateway of one app: HTTPS for its hosts, and HTTP only to be sent there. The routes that carry the
// traffic are the AppRelease's; the redirect has no weights and is git's.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { checkSelf } from '../checks/finding.ts';
import { Certificate, tlsAnnotations, tlsProblems, type Tls } from './tls.ts';

export interface WebGatewayProps {
  readonly name: string;
  /** The installation that serves it, for example `envoy`. */
  readonly className: string;
  readonly hosts: readonly string[];
  /** Where the certificate comes from; one for all hosts. */
  readonly tls: Tls;
  /** What a request over HTTP is answered with. 308 keeps method and body. @default 308 */
  readonly redirectCode?: 301 | 302 | 303 | 307 | 308;
}

/** The names that routes attach to: `sectionName` of their parentRef. */
export const HTTP_LISTENER = 'http';
export const HTTPS_LISTENER = 'https';

const API = 'gateway.networking.k8s.io/v1';

/** Routes of the same namespace only. Listener names stay the same when hosts come and go. */
export class WebGateway extends Construct {
  constructor(scope: Construct, id: string, props: WebGatewayProps) {
    super(scope, id);
    const { name, className, hosts, tls } = props;
    checkSelf(this, () => tlsProblems(tls));
    const annotations = tlsAnnotations(tls);
    new ApiObject(this, 'Resource', {
      apiVersion: API,
      kind: 'Gateway',
      metadata: { name, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: { gatewayClassName: className, listeners: listenersOf(props) },
    });
    this.addRedirect(props);
    if (tls.kind === 'certificate') {
      new Certificate(this, 'Certificate', { secret: tls.secret, hosts, issuer: tls.issuer });
    }
  }

  private addRedirect({ name, hosts, redirectCode = 308 }: WebGatewayProps): void {
    const filter = { type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: redirectCode } };
    new ApiObject(this, 'Redirect', {
      apiVersion: API,
      kind: 'HTTPRoute',
      metadata: { name: `${name}-https-redirect` },
      spec: {
        parentRefs: [{ name, sectionName: HTTP_LISTENER }],
        hostnames: [...hosts],
        rules: [{ filters: [filter] }],
      },
    });
  }
}

/** The listeners that a route for `hosts` attaches to. */
export function httpsListeners(hosts: readonly string[]): readonly string[] {
  return hosts.map((_, index) => (index === 0 ? HTTPS_LISTENER : `${HTTPS_LISTENER}-${index + 1}`));
}

/* cert-manager's annotation wants a host on each listener with a certificate, so each host has one. */
function listenersOf({ hosts, tls }: WebGatewayProps): readonly object[] {
  const allowedRoutes = { namespaces: { from: 'Same' } };
  const names = httpsListeners(hosts);
  return [
    { name: HTTP_LISTENER, port: 80, protocol: 'HTTP', allowedRoutes },
    ...hosts.map((hostname, index) => ({
      name: names[index],
      port: 443,
      protocol: 'HTTPS',
      hostname,
      tls: { mode: 'Terminate', certificateRefs: [{ name: tls.secret }] },
      allowedRoutes,
    })),
  ];
}
