// Addresses that a query must not reach, however it is written: those that belong to the machine the
// operator runs on, and to the cloud underneath it. Pure; asked about each address before it is used.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Why the address is refused, or undefined. Text that is no address is refused too. */
export function refusalOf(address: string, loopback: 'refused' | 'allowed'): string | undefined {
  const plain = unwrapped(address);
  const family = isIPv4(plain) ? 'ipv4' : isIPv6(plain) ? 'ipv6' : undefined;
  if (family === undefined) return `${address} is no address`;
  if (LOOPBACK.check(plain, family)) {
    return loopback === 'allowed' ? undefined : `${address} is the operator's own machine`;
  }
  return FORBIDDEN.check(plain, family)
    ? `${address} is link-local, or belongs to the platform underneath`
    : undefined;
}

const LOOPBACK = listOf(['127.0.0.0/8', '::1/128']);

const FORBIDDEN = listOf([
  '0.0.0.0/8', // This host.
  '169.254.0.0/16', // Link-local; metadata of most clouds.
  '224.0.0.0/4', // Multicast.
  '255.255.255.255/32',
  '100.100.100.200/32', // Metadata: Alibaba Cloud.
  '168.63.129.16/32', // Metadata: Azure.
  '192.0.0.192/32', // Metadata: Oracle Cloud.
  '::/128',
  'fe80::/10',
  'fec0::/10', // What came before unique local addresses.
  'ff00::/8',
  'fd00:ec2::254/128', // Metadata: AWS.
  'fd20:ce::254/128', // Metadata: Google Cloud.
]);

function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits = ''] = subnet.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}

/* An IPv4 address inside an IPv6 one, in each of the ways in which it can reach the same machine. */
const CARRIERS = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 }, // ::ffff:a.b.c.d
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 }, // ::ffff:0:a.b.c.d
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 }, // ::a.b.c.d
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 }, // NAT64
  { prefix: [0x64, 0xff9b, 1], at: 6 }, // NAT64 of the local network
  { prefix: [0x2002], at: 1 }, // 6to4
] as const;

function unwrapped(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  // :: and ::1 are addresses of their own.
  if (groups.slice(0, 7).every((group) => group === 0)) return address.split('%', 1)[0] ?? address;
  const carrier = CARRIERS.find(({ prefix }) => prefix.every((group, at) => groups[at] === group));
  if (!carrier) return address.split('%', 1)[0] ?? address;
  const [high = 0, low = 0] = groups.slice(carrier.at);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // URL writes every spelling in one way, and IPv4 at the end as two groups.
  const bare = address.split('%', 1)[0] ?? '';
  const plain = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [parse(head), parse(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => 0), ...after];
}
