import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import type { AuthRequest } from './request.ts';

type Address = ReturnType<typeof ipaddr.process>;

/** Tells the address of the caller: canonical text, IPv4 inside IPv6 as IPv4; `null` when it is none. */
export type ClientAddress = (request: AuthRequest) => string | null;

/**
 * The socket's peer, or what X-Forwarded-For says as far as it was written by `trustedProxies` (addresses, CIDR, `loopback`,
 * `linklocal`, `uniquelocal`). Throws TypeError for an entry that is none of these.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return ({ address }) => canonical(address);
  const trust = proxyAddr.compile([...trustedProxies]);
  return ({ address, headers }) => {
    const forwarded = headers['x-forwarded-for'];
    let caller = canonical(address);
    if (forwarded === undefined) return caller;
    const text = typeof forwarded === 'string' ? forwarded : forwarded.join(',');
    // Starts at the nearest proxy. Each trusted proxy names the address before it; empty elements are skipped.
    const told = text.split(',').map((part) => part.trim());
    for (let at = told.length - 1, hops = 0; at >= 0 && caller !== null && trust(caller, hops); at--) {
      if (told[at] === '') continue;
      caller = canonical(told[at]);
      hops++;
    }
    return caller;
  };
}

/** Addresses that were read before: peers come again and again. */
const known = new Map<string, string | null>();

/** `192.0.2.1`, also from `::ffff:192.0.2.1` and `192.0.2.1:4711`; `null` for what is no address. */
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

/** Who is counted by an address: of IPv6 its network of 64 bits, since whoever has one address there has all of them. */
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

/** Whether an entry is an address or a network such as `10.0.0.0/8`, `2001:db8::/32`. */
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

/** Addresses that a list of networks remembers. */
const mostAnswers = 32;

/** A list of networks that remembers the addresses it was asked about last. */
export class Networks {
  readonly #networks: readonly [Address, number][];
  readonly #answers = new Map<string, boolean>();

  /** Entries that are no network match nothing. */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map(network).filter((entry) => entry !== undefined);
  }

  /** Estimated heap bytes, with all the answers that may be remembered. */
  get bytes(): number {
    return this.#networks.length * 400 + mostAnswers * 150;
  }

  /** Whether an address (canonical text) lies in one of them. */
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
