// The two network namespaces of a node-tier cluster and the links between them. Nothing is changed
// on the host but one link with one address.

import { existsSync } from 'node:fs';

import { SERVICE_CIDR } from '../control-plane/flags.ts';
import { run } from '../process/command.ts';
import { POD_CIDR_OF_NODE } from './plan.ts';
import type { NodePlan } from './plan.ts';

/** Lines for `ip -batch` in a network namespace; on the host when none is named. */
export type NetworkCommands = { readonly netns?: string; readonly lines: readonly string[] };

/** All commands, in their order. Pure. */
export const networkCommands = (plan: NodePlan): readonly NetworkCommands[] => [
  {
    lines: [
      `netns add ${plan.controlPlaneNetns}`,
      `netns add ${plan.nodeNetns}`,
      `link add ${plan.hostLink} type veth peer name host netns ${plan.controlPlaneNetns}`,
      `addr add ${plan.hostAddress}/24 dev ${plan.hostLink}`,
      `link set ${plan.hostLink} up`,
    ],
  },
  {
    netns: plan.controlPlaneNetns,
    lines: [
      'link set lo up',
      'link add lan0 type bridge',
      `addr add ${plan.controlPlaneAddress}/24 dev lan0`,
      'link set lan0 up',
      `link add n1 type veth peer name eth0 netns ${plan.nodeNetns}`,
      'link set host master lan0',
      'link set host up',
      'link set n1 master lan0',
      'link set n1 up',
      // The API server reaches pods and Services (webhooks, aggregated APIs) through the node.
      `route add ${POD_CIDR_OF_NODE} via ${plan.nodeAddress}`,
      `route add ${SERVICE_CIDR} via ${plan.nodeAddress}`,
    ],
  },
  {
    netns: plan.nodeNetns,
    lines: [
      'link set lo up',
      `addr add ${plan.nodeAddress}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${plan.controlPlaneAddress}`,
    ],
  },
];

export const createNetwork = async (plan: NodePlan): Promise<void> => {
  for (const { netns, lines } of networkCommands(plan)) {
    const where = netns === undefined ? [] : ['-n', netns];
    await run('ip', [...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }
  for (const netns of [plan.controlPlaneNetns, plan.nodeNetns]) {
    await run('nsenter', [...enterNetwork(netns), 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  }
};

/** Arguments of nsenter. (`ip netns exec` would hide the control groups.) */
export const enterNetwork = (netns: string): readonly string[] => [`--net=/run/netns/${netns}`, '--'];

/** Removes what `createNetwork` made, as far as it is there. */
export const removeNetwork = async (plan: NodePlan): Promise<void> => {
  if (existsSync(`/sys/class/net/${plan.hostLink}`)) await run('ip', ['link', 'del', plan.hostLink]);
  for (const netns of [plan.nodeNetns, plan.controlPlaneNetns]) {
    if (existsSync(`/run/netns/${netns}`)) await run('ip', ['netns', 'del', netns]);
  }
};
