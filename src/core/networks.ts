import ipaddr from 'ipaddr.js';

/** An address of IPv4, or of IPv6 without a zone; IPv4 inside IPv6 (`::ffff:10.0.0.1`) is IPv4. */
export type Address = ReturnType<typeof ipaddr.process>;

/** Reads an address strictly: four decimal parts for IPv4, no octal, no zone. `undefined`: the text is no address. */
export function parseAddress(text: string): Address | undefined {
  if (
    !ipaddr.IPv4.isValidFourPartDecimal(text) &&
    !(text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text))
  )
    return undefined;
  return ipaddr.process(text);
}

/** The 16-bit parts of an IPv6 address; `undefined`: it is of IPv4. */
export function partsOfIpv6(address: Address): readonly number[] | undefined {
  return address instanceof ipaddr.IPv6 ? address.parts : undefined;
}

/** Whether an entry is an address or a network such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  return network(text) !== undefined;
}

function network(text: string): [Address, number] | undefined {
  const [address, length, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const start = parseAddress(address!);
  if (start === undefined) return undefined;
  const mapped = address!.includes(':') && start.kind() === 'ipv4';
  const bits = start.kind() === 'ipv4' ? 32 : 128;
  if (length === undefined) return [start, bits];
  if (!/^\d{1,3}$/.test(length)) return undefined;
  const size = mapped ? Number(length) - 96 : Number(length);
  return size >= 0 && size <= bits ? [start, size] : undefined;
}

/** Most addresses whose answers a list of networks caches. */
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
    const parsed = parseAddress(address);
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
