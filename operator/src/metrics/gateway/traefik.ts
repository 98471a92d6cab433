// Traefik's Gateway API provider: one service for each backendRef of a rule, named
// httproute-<namespace>-<route>-gw-<gateway>-ep-<entry point>-<rule>-<digest>-svc-<namespace>-<service>-<n>.
// A name is known by its beginning and its end together; what is between says nothing about whose it is.
import type { GatewayCodec } from './gateway-codec.ts';

const COUNTER = 'traefik_service_requests_total';
const GATEWAY_TO_DIGEST = /^.+-ep-.+-\d+-[0-9a-f]{20}$/;
const PLACE = /^\d+@kubernetesgateway$/;

export const traefik: GatewayCodec = {
  kind: 'traefik',
  path: '/metrics',
  counters: [COUNTER],
  isOf({ labels }, { namespace, route, service }) {
    const name = labels.get('service') ?? '';
    // As Traefik joins the parts of a name: whatever is no letter or digit becomes one dash.
    const head = `httproute-${namespace}-${plain(route)}-gw-`;
    const tail = `-svc-${namespace}-${service}-`;
    const at = name.lastIndexOf(tail);
    if (at < head.length || !name.startsWith(head)) return false;
    return GATEWAY_TO_DIGEST.test(name.slice(head.length, at)) && PLACE.test(name.slice(at + tail.length));
  },
  isRequest: () => true,
  isError: ({ labels }) => labels.get('code')?.startsWith('5') === true,
};

function plain(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/g, '-');
}
