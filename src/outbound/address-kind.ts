import { type Address, Networks, parseAddress, partsOfIpv6 } from '../core/index.ts';

/**
 * The kind of network that an address is in. `public`: the Internet. `loopback`: this machine. `private`: a network that the Internet does
 * not route to. `link-local`: a single network link. `metadata`: the service of a cloud that gives machines their credentials. `special`: an
 * address that no request may go to (multicast, reserved, tunnels).
 */
export type AddressKind = 'public' | 'loopback' | 'private' | 'link-local' | 'metadata' | 'special';

/** Services of clouds that hand out credentials or settings to whoever asks from the machine. One of them is in a public range. */
const metadataServices = new Networks([
  '169.254.169.254', // AWS, Azure, Google and others
  '169.254.170.2', // AWS: tasks of ECS
  '169.254.170.23', // AWS: pods of EKS
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254', // Google
  '100.100.100.200', // Alibaba
  '168.63.129.16', // Azure: the host of the machine
  '192.0.0.192', // Oracle
]);

const kinds: Readonly<Record<string, AddressKind>> = {
  unicast: 'public',
  // A connection to 0.0.0.0 or :: arrives at this machine.
  unspecified: 'loopback',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
  deprecatedSiteLocal: 'private',
  linkLocal: 'link-local',
};

/** The kind of an address, spelled as a lookup or a socket reports it (`fe80::1%eth0`). A text that is not an address is `special`. */
export function addressKind(text: string): AddressKind {
  const address = addressOf(text);
  if (address === undefined) return 'special';
  const canonical = address.toString();
  if (metadataServices.has(canonical)) return 'metadata';
  const range = address.range();
  if (range === 'unspecified' && canonical !== '0.0.0.0' && canonical !== '::') return 'special';
  const kind = kinds[range] ?? 'special';
  return kind === 'public' && !isGlobal(address) ? 'special' : kind;
}

/** The canonical text of an address, without its zone; of NAT64 (`64:ff9b::a00:1`) the IPv4 address that it leads to. */
export function canonicalAddress(text: string): string | undefined {
  return addressOf(text)?.toString();
}

function addressOf(text: string): Address | undefined {
  const address = parseAddress(text.replace(/%.*$/, ''));
  const parts = address === undefined ? undefined : partsOfIpv6(address);
  if (parts === undefined) return address;
  const isNat64 = parts[0] === 0x64 && parts[1] === 0xff9b && parts.slice(2, 6).every((part) => part === 0);
  return isNat64 ? parseAddress(ipv4Of(parts[6]!, parts[7]!)) : address;
}

function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Whether an address is IPv4, or in 2000::/3, the only range of IPv6 that is allocated for public use. */
function isGlobal(address: Address): boolean {
  const parts = partsOfIpv6(address);
  return parts === undefined || parts[0]! >> 13 === 1;
}
