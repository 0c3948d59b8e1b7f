import { isIP } from 'node:net';
import { addressKind } from './address-kind.ts';
import { OutboundError } from './fault.ts';
import { HostList, nameOf } from './host-list.ts';

/**
 * Who has written the URLs. `operator`: people who configure this server; they may also name this machine and inner networks, since
 * identity providers often run there. `anyone`: others, whose requests must not enter the network behind this server.
 */
export type UrlAuthor = 'operator' | 'anyone';

/** A host and port that a request goes to. */
export interface Target {
  /** As in the URL, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Decides which addresses may be called. It judges addresses, never names: a name may mean another address at the next lookup. */
export class Guard {
  readonly #author: UrlAuthor;
  readonly #allowed: HostList;

  /** `allow`: hosts and networks that may be called besides, as in `HostList`. */
  constructor(author: UrlAuthor, allow: readonly string[] = []) {
    this.#author = author;
    this.#allowed = new HostList(allow);
  }

  /** Whether a connection to an address is permitted, for a request to that target. */
  permits({ host, port }: Target, address: string): boolean {
    const kind = addressKind(address);
    if (kind === 'public' || this.#allowed.hasSingle(address, port)) return true;
    // A network or a name that was listed for other reasons must not give away the credentials of the machine.
    if (kind === 'metadata') return false;
    if (this.#allowed.hasAddress(address, port)) return true;
    const isInner = kind === 'loopback' || kind === 'private';
    return isInner && (this.#author === 'operator' || this.#allowed.hasName(host, port));
  }

  /** Throws OutboundError where the host is an address that is not permitted. Names pass: their addresses are judged at the connection. */
  checkLiteral(target: Target): void {
    const host = nameOf(target.host);
    if (isIP(host) !== 0 && !this.permits(target, host)) throw refusal(target, host);
  }
}

/** The error for a target whose address may not be called. The address that a name resolved to is left out: it would tell the caller about the inner network. */
export function refusal({ host, port }: Target, address?: string): OutboundError {
  const kind = address === undefined ? 'at an address' : words[addressKind(address)];
  return new OutboundError(
    'refused',
    `${host}:${port} may not be called: it is ${kind} that this request may not reach. ` +
      'If it should, add the host or its network to outbound.allow.',
  );
}

const words = {
  public: 'an address',
  loopback: 'an address of this machine',
  private: 'an address of an inner network',
  'link-local': 'a link-local address',
  metadata: 'the metadata service of a cloud (which must be listed as an address, without a network)',
  special: 'a reserved address',
} as const;
