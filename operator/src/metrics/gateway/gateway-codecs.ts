// The gateways whose metrics pages can be read, by the name the specification gives them.
import { envoyGateway } from './envoy-gateway.ts';
import type { GatewayCodec, GatewayProvider } from './gateway-codec.ts';
import { traefik } from './traefik.ts';

export const GATEWAY_CODECS = { envoyGateway, traefik } as const satisfies Record<
  GatewayProvider,
  GatewayCodec
>;
