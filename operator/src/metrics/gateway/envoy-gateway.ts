// Envoy, as Envoy Gateway sets it up with `mergeBackends`: one cluster for each Service and port, named
// service/<namespace>/<service>/<port>/<port name>. Without it all backends of a rule share a cluster.
import type { GatewayCodec } from './gateway-codec.ts';

export const envoyGateway: GatewayCodec = {
  kind: 'envoyGateway',
  path: '/stats/prometheus',
  counter: 'envoy_cluster_upstream_rq_xx',
  isOf: ({ labels }, { namespace, service }) =>
    labels.get('envoy_cluster_name')?.startsWith(`service/${namespace}/${service}/`) === true,
  isError: ({ labels }) => labels.get('envoy_response_code_class') === '5',
};
