// What NetworkPolicies let through, computed as the API documents it: for tests that ask "may this pod
// reach that address?" rather than how a policy is written.
import { nameOf } from '../pod-templates.ts';
import type { Manifest } from '../manifest.ts';

/** Who is at the other end: a pod, or an address outside of the cluster. */
export type Target =
  | { readonly labels: Readonly<Record<string, string>>; readonly namespace: string }
  | { readonly address: string };

export interface Attempt {
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly direction: 'Ingress' | 'Egress';
  readonly other: Target;
  readonly port: number;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP';
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

interface PolicyPeer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}

interface PolicyRule {
  readonly to?: readonly PolicyPeer[];
  readonly from?: readonly PolicyPeer[];
  readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
}

/** Names of the policies that allow it; `['no policy']` where none is about the pod at all. */
export function allowedBy(objects: readonly Manifest[], attempt: Attempt): readonly string[] {
  const about = objects
    .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === attempt.namespace)
    .map((object) => ({ name: nameOf(object), spec: object['spec'] as PolicySpec }))
    .filter(({ spec }) => spec.policyTypes.includes(attempt.direction))
    .filter(({ spec }) => matches(spec.podSelector, attempt.labels));
  if (about.length === 0) return ['no policy'];
  return about
    .filter(({ spec }) => rulesOf(spec, attempt).some((rule) => allows(rule, attempt)))
    .map(({ name }) => name);
}

function rulesOf({ ingress = [], egress = [] }: PolicySpec, { direction }: Attempt): readonly PolicyRule[] {
  return direction === 'Ingress' ? ingress : egress;
}

function allows(rule: PolicyRule, attempt: Attempt): boolean {
  const peers = rule.to ?? rule.from ?? [];
  const { port, protocol = 'TCP' } = attempt;
  const isPort = rule.ports?.some((one) => one.port === port && (one.protocol ?? 'TCP') === protocol) ?? true;
  return isPort && (peers.length === 0 || peers.some((peer) => isPeer(peer, attempt)));
}

function isPeer(peer: PolicyPeer, { other, namespace }: Attempt): boolean {
  if ('address' in other) return peer.ipBlock !== undefined && contains(peer.ipBlock.cidr, other.address);
  if (peer.ipBlock !== undefined) return false;
  const isNamespace = peer.namespaceSelector
    ? matches(peer.namespaceSelector, { 'kubernetes.io/metadata.name': other.namespace })
    : other.namespace === namespace;
  return isNamespace && matches(peer.podSelector ?? {}, other.labels);
}

function matches({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}

/** Whether an IPv4 address is in a range such as `10.0.0.0/8`. */
function contains(cidr: string, address: string): boolean {
  const [network = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(network) / size) === Math.floor(numberOf(address) / size);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
