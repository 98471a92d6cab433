// Names and addresses of a node-tier cluster, all derived from one small number, so that two
// clusters on one host never meet.
//
//   host 10.250.i.254 --- bridge in sw<i>-cp (10.250.i.1, API server) --- sw<i>-n1 (10.250.i.11, node)

/** Port of the Gateway's listener on the node; reachable from the host. */
export const GATEWAY_PORT = 8000;

/** Port of the second data plane (Traefik), when asked for. */
export const SECOND_GATEWAY_PORT = 8100;

export const API_PORT = 16_443;
export const POD_CIDR_OF_NODE = '10.244.1.0/24';
export const DNS_ADDRESS = '10.96.0.10';

export type NodePlan = {
  readonly index: number;
  /** Namespaces, links and control groups begin with this. */
  readonly prefix: string;
  readonly nodeName: string;
  readonly subnet: string;
  readonly hostAddress: string;
  readonly controlPlaneAddress: string;
  readonly nodeAddress: string;
  readonly hostLink: string;
  readonly controlPlaneNetns: string;
  readonly nodeNetns: string;
  readonly cgroup: string;
};

/** @throws Error when the index is not in 0..255. */
export const planNode = (index: number): NodePlan => {
  if (!Number.isInteger(index) || index < 0 || index > 255) {
    throw new Error(`a cluster's network has a number from 0 to 255, not ${index}`);
  }
  const prefix = `sw${index}-`;
  const address = (last: number): string => `10.250.${index}.${last}`;
  return {
    index, prefix, nodeName: 'n1', subnet: `${address(0)}/24`,
    hostAddress: address(254), controlPlaneAddress: address(1), nodeAddress: address(11),
    hostLink: `${prefix}host`, controlPlaneNetns: `${prefix}cp`, nodeNetns: `${prefix}n1`, cgroup: `${prefix}n1`,
  };
};
