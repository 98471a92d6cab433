// Envoy, as Envoy Gateway sets it up with `mergeBackends`: one cluster for each Service and port, named
// service/<namespace>/<service>/<port>/<port name>. Without it all backends of a rule share a cluster.
import type { GatewayCodec } from './gateway-codec.ts';

/** Stands at 0 from the moment there is a cluster. */
const COMPLETED = 'envoy_cluster_upstream_rq_completed';
/** Comes with the first answer of a class. What a retry made good is counted elsewhere. */
const BY_CLASS = 'envoy_cluster_upstream_rq_xx';

export const envoyGateway: GatewayCodec = {
  kind: 'envoyGateway',
  // Whole pages grow with every route of the cluster; these are two lines for each backend.
  path: '/stats/prometheus?filter=%5C.upstream_rq_(completed%7C5xx)$',
  counters: [COMPLETED, BY_CLASS],
  isOf: ({ labels }, { namespace, service }) =>
    labels.get('envoy_cluster_name')?.startsWith(`service/${namespace}/${service}/`) === true,
  isRequest: ({ name }) => name === COMPLETED,
  isError: ({ labels, name }) =>
    name === BY_CLASS && labels.get('envoy_response_code_class') === '5',
};
