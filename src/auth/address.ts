import proxyAddr from 'proxy-addr';
import { parseAddress, partsOfIpv6 } from '../core/index.ts';
import type { AuthRequest } from './request.ts';

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
  const address = parseAddress(bare)?.toString() ?? null;
  if (known.size >= 1000) known.clear();
  known.set(text, address);
  return address;
}

/** The key that an address is rate-limited by: of IPv6 its /64 network, since a client there can use any address of it. */
export function countedAddress(address: string | null): string {
  const parsed = address?.includes(':') ? parseAddress(address) : undefined;
  const parts = parsed === undefined ? undefined : partsOfIpv6(parsed);
  if (parts === undefined) return address ?? '';
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
