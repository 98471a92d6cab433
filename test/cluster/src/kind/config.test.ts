import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

import { POD_CIDR, SERVICE_CIDR } from '../control-plane/flags.ts';
import { kubeletArgs, nodePaths } from '../node/config.ts';
import { GATEWAY_PORT, planNode } from '../node/plan.ts';
import { REPOSITORY } from '../paths.ts';

// The fields of kind.x-k8s.io/v1alpha4 as kind's configuration page and its Go types name them.
// Strict: a misspelt field is an error, as it is in kind itself.
const mapping = z.strictObject({
  containerPort: z.int().min(1).max(65_535),
  hostPort: z.int().min(-1).max(65_535).optional(),
  listenAddress: z.string().optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
});
const mount = z.strictObject({
  hostPath: z.string(), containerPath: z.string(), readOnly: z.boolean().optional(),
  selinuxRelabel: z.boolean().optional(), propagation: z.enum(['None', 'HostToContainer', 'Bidirectional']).optional(),
});
const node = z.strictObject({
  role: z.enum(['control-plane', 'worker']).optional(),
  image: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  extraMounts: z.array(mount).optional(),
  extraPortMappings: z.array(mapping).optional(),
  kubeadmConfigPatches: z.array(z.string()).optional(),
  kubeadmConfigPatchesJSON6902: z.array(z.unknown()).optional(),
});
const cluster = z.strictObject({
  kind: z.literal('Cluster'),
  apiVersion: z.literal('kind.x-k8s.io/v1alpha4'),
  name: z.string().optional(),
  nodes: z.array(node).optional(),
  networking: z.strictObject({
    ipFamily: z.enum(['ipv4', 'ipv6', 'dual']).optional(),
    apiServerPort: z.int().optional(),
    apiServerAddress: z.string().optional(),
    podSubnet: z.string().optional(),
    serviceSubnet: z.string().optional(),
    disableDefaultCNI: z.boolean().optional(),
    kubeProxyMode: z.enum(['iptables', 'nftables', 'ipvs', 'none']).optional(),
    dnsSearch: z.array(z.string()).optional(),
  }).optional(),
  featureGates: z.record(z.string(), z.boolean()).optional(),
  runtimeConfig: z.record(z.string(), z.string()).optional(),
  kubeadmConfigPatches: z.array(z.string()).optional(),
  kubeadmConfigPatchesJSON6902: z.array(z.unknown()).optional(),
  containerdConfigPatches: z.array(z.string()).optional(),
  containerdConfigPatchesJSON6902: z.array(z.string()).optional(),
});

describe('kind-config.yaml', () => {
  const config = cluster.parse(parse(readFileSync(join(REPOSITORY, 'kind-config.yaml'), 'utf8')));

  it('has the addresses of the built-in cluster', () => {
    expect(config.networking).toMatchObject({
      podSubnet: POD_CIDR, serviceSubnet: SERVICE_CIDR, kubeProxyMode: 'nftables', ipFamily: 'ipv4',
    });
  });

  it('lets the host reach the Gateway, and nobody else', () => {
    expect(config.nodes?.[0]?.extraPortMappings).toContainEqual({
      containerPort: GATEWAY_PORT, hostPort: GATEWAY_PORT, listenAddress: '127.0.0.1', protocol: 'TCP',
    });
  });

  it('labels its node as the built-in one is labelled', () => {
    const args = kubeletArgs(planNode(0), nodePaths('/d', '/p', '/c'), '/k');
    const builtIn = args.find((arg) => arg.startsWith('--node-labels='))?.slice('--node-labels='.length);
    const labels = Object.entries(config.nodes?.[0]?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
    expect(labels.toSorted()).toEqual((builtIn ?? '').split(',').toSorted());
  });
});
