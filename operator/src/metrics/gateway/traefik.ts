// Traefik's Gateway API provider: one service for each backendRef, its name ending in
// -svc-<namespace>-<service>-<port or index>@kubernetesgateway.
import type { GatewayCodec } from './gateway-codec.ts';

export const traefik: GatewayCodec = {
  kind: 'traefik',
  path: '/metrics',
  counter: 'traefik_service_requests_total',
  isOf({ labels }, { namespace, service }) {
    const name = labels.get('service');
    const backend = `-svc-${namespace}-${service}-`;
    const start = name?.lastIndexOf(backend) ?? -1;
    const rest = name?.slice(start + backend.length) ?? '';
    return start >= 0 && /^(?:\d+|http-\d+)@kubernetesgateway$/.test(rest);
  },
  isError: ({ labels }) => labels.get('code')?.startsWith('5') === true,
};
