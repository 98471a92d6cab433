// NetworkPolicies: nothing may talk to anything in a namespace, and then what may, by name. Each rule
// is one-sided: the other end, if it is in a closed namespace, needs one of its own.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkSelf, type Problem } from '../checks/finding.ts';

/** Who is at the other end. */
export type Peer =
  | {
      readonly kind: 'pods';
      readonly labels: Readonly<Record<string, string>>;
      /** Name of their namespace. @default - the same namespace */
      readonly namespace?: string;
    }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'addresses'; readonly cidrs: readonly string[] };

/** One way out or in, by the name of what it is for. */
export interface Flow {
  /** For example `database`. Stands in the policy's name. */
  readonly name: string;
  readonly peer: Peer;
  readonly port: number;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP';
}

/** Refuses everything to and from every pod of the namespace. */
export class DefaultDeny extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'Resource', {
      metadata: { name: 'default-deny' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }
}

export interface NetworkRulesProps {
  /** Stands in front of the policies' names. */
  readonly name: string;
  /** Labels of the pods they are for. */
  readonly selects: Readonly<Record<string, string>>;
  /** Who may connect to the pods, and to which of their ports. @default - nobody */
  readonly ingress?: readonly Flow[];
  /** What the pods may connect to. @default - nothing but DNS */
  readonly egress?: readonly Flow[];
  /** Whether names can be looked up at the cluster's DNS. @default true */
  readonly dns?: boolean;
}

const DNS_PORT = 53;
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** A policy for each flow, so that what is open can be read from a list of names. */
export class NetworkRules extends Construct {
  constructor(scope: Construct, id: string, props: NetworkRulesProps) {
    super(scope, id);
    const { ingress = [], egress = [], dns = true } = props;
    checkSelf(this, () => [...ingress, ...egress].flatMap(openToAll));
    for (const flow of ingress) this.add(props, { name: `from-${flow.name}`, ingress: [ruleFrom(flow)] });
    for (const flow of egress) this.add(props, { name: `to-${flow.name}`, egress: [ruleTo(flow)] });
    if (dns) this.add(props, { name: 'to-dns', egress: [dnsRule()] });
  }

  private add({ name, selects }: NetworkRulesProps, { name: flow, ...rules }: Policy): void {
    new k8s.KubeNetworkPolicy(this, flow, {
      metadata: { name: `${name}-${flow}` },
      spec: {
        podSelector: { matchLabels: { ...selects } },
        policyTypes: [rules.ingress ? 'Ingress' : 'Egress'],
        ...rules,
      },
    });
  }
}

interface Policy {
  readonly name: string;
  readonly ingress?: k8s.NetworkPolicyIngressRule[];
  readonly egress?: k8s.NetworkPolicyEgressRule[];
}

/* A flow to the whole world is none that anybody named. */
function openToAll({ name, peer }: Flow): readonly Problem[] {
  if (peer.kind !== 'addresses') return [];
  const wide = peer.cidrs.length === 0 || peer.cidrs.some((cidr) => /\/0$/.test(cidr));
  if (!wide) return [];
  return [
    {
      field: `flow ${name}`,
      problem: `${peer.cidrs.join(', ') || 'no address'} is everybody`,
      remedy: 'Name the range that it is in',
    },
  ];
}

function ruleFrom(flow: Flow): k8s.NetworkPolicyIngressRule {
  return { from: peersOf(flow.peer), ports: [portOf(flow)] };
}

function ruleTo(flow: Flow): k8s.NetworkPolicyEgressRule {
  return { to: peersOf(flow.peer), ports: [portOf(flow)] };
}

function portOf({ port, protocol = 'TCP' }: Pick<Flow, 'port' | 'protocol'>): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(port), protocol };
}

function peersOf(peer: Peer): k8s.NetworkPolicyPeer[] {
  if (peer.kind === 'addresses') return peer.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
  const inNamespace = (name: string) => ({ matchLabels: { [NAMESPACE_NAME]: name } });
  if (peer.kind === 'namespace') return [{ namespaceSelector: inNamespace(peer.name) }];
  return [
    {
      podSelector: { matchLabels: { ...peer.labels } },
      ...(peer.namespace ? { namespaceSelector: inNamespace(peer.namespace) } : {}),
    },
  ];
}

/* The cluster's own, by its usual place. Long answers come over TCP. */
function dnsRule(): k8s.NetworkPolicyEgressRule {
  return {
    to: peersOf({ kind: 'pods', labels: { 'k8s-app': 'kube-dns' }, namespace: 'kube-system' }),
    ports: [portOf({ port: DNS_PORT, protocol: 'UDP' }), portOf({ port: DNS_PORT })],
  };
}
