import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import type { AuthRequest } from './request.ts';

type Address = ReturnType<typeof ipaddr.process>;

/** Returns the caller's address: canonical text, IPv4 inside IPv6 as IPv4; `null`: it is not known. */
export type ClientAddress = (request: AuthRequest) => string | null;

/**
 * The address by which callers are identified: the socket's peer, or the address in X-Forwarded-For as far as it was written by
 * `trustedProxies` (addresses, CIDR, `loopback`, `linklocal`, `uniquelocal`). Throws TypeError for an invalid entry.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return ({ address }) => canonical(address);
  const trust = proxyAddr.compile([...trustedProxies]);
  return ({ address, headers }) => {
    const forwarded = headers['x-forwarded-for'];
    let caller = canonical(address);
    if (forwarded === undefined) return caller;
    const text = typeof forwarded === 'string' ? forwarded : forwarded.join(',');
    // Reads from the nearest proxy backwards: each trusted proxy names the address before it. Empty elements are skipped.
    const addresses = text.split(',').map((part) => part.trim());
    for (let at = addresses.length - 1, hops = 0; at >= 0 && caller !== null && trust(caller, hops); at--) {
      if (addresses[at] === '') continue;
      caller = canonical(addresses[at]);
      hops++;
    }
    return caller;
  };
}

/** Canonical form of addresses seen before, since peers repeat. */
const known = new Map<string, string | null>();

/** `192.0.2.1`, also from `::ffff:192.0.2.1` and `192.0.2.1:4711`; `null`: the text is not an address. */
function canonical(text: string | undefined): string | null {
  if (text === undefined || text.length > 100) return null;
  const before = known.get(text);
  if (before !== undefined) return before;
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = parse(bare)?.toString() ?? null;
  if (known.size >= 1000) known.clear();
  known.set(text, address);
  return address;
}

/** The key that an address is rate-limited by: of IPv6 its /64 network, since a client there can use any address of it. */
export function countedAddress(address: string | null): string {
  const parsed = address?.includes(':') ? parse(address) : undefined;
  if (!(parsed instanceof ipaddr.IPv6)) return address ?? '';
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}

/** Strict: four decimal parts for IPv4, no octal, no zone. */
function parse(text: string): Address | undefined {
  if (
    !ipaddr.IPv4.isValidFourPartDecimal(text) &&
    !(text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text))
  )
    return undefined;
  return ipaddr.process(text);
}

/** Whether an entry is an address or a network such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  return network(text) !== undefined;
}

function network(text: string): [Address, number] | undefined {
  const [address, length, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const start = parse(address!);
  if (start === undefined) return undefined;
  const mapped = address!.includes(':') && start.kind() === 'ipv4';
  const bits = start.kind() === 'ipv4' ? 32 : 128;
  if (length === undefined) return [start, bits];
  if (!/^\d{1,3}$/.test(length)) return undefined;
  const size = mapped ? Number(length) - 96 : Number(length);
  return size >= 0 && size <= bits ? [start, size] : undefined;
}

/** Addresses that a list of networks caches. */
const mostAnswers = 32;

/** A list of networks. Caches the answers for recent addresses. */
export class Networks {
  readonly #networks: readonly [Address, number][];
  readonly #answers = new Map<string, boolean>();

  /** Entries that are not valid match nothing. */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map(network).filter((entry) => entry !== undefined);
  }

  /** Estimated heap bytes with a full cache. */
  get bytes(): number {
    return this.#networks.length * 400 + mostAnswers * 150;
  }

  /** Whether an address (canonical text) is in one of the networks. */
  has(address: string | null): boolean {
    if (address === null) return false;
    const known = this.#answers.get(address);
    if (known !== undefined) return known;
    const parsed = parse(address);
    const answer = this.#networks.some(
      ([start, length]) =>
        parsed !== undefined &&
        parsed.kind() === start.kind() &&
        parsed.match(start as ipaddr.IPv4 & ipaddr.IPv6, length),
    );
    if (this.#answers.size >= mostAnswers) this.#answers.clear();
    this.#answers.set(address, answer);
    return answer;
  }
}
