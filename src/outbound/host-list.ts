import { isNetwork, Networks } from '../core/index.ts';
import { canonicalAddress } from './address-kind.ts';

/** One entry of a list of hosts. */
interface Entry {
  /** A name in lower case, or the end of names, which begins with a dot (`.svc.cluster.local`). `null`: the entry is a network. */
  readonly name: string | null;
  readonly network: Networks | null;
  /** Whether the network is a single address. */
  readonly isSingle: boolean;
  /** `null`: any. */
  readonly port: number | null;
}

/**
 * Hosts as operators list them: `hooks.internal`, `*.svc.cluster.local` (not that name itself), `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`, each also with a
 * port (`hooks.internal:8080`, `[fd00::1]:8080`).
 */
export class HostList {
  readonly #entries: readonly Entry[];

  /** Entries that are not valid match nothing. */
  constructor(entries: readonly string[]) {
    this.#entries = entries.map(entryOf).filter((entry) => entry !== undefined);
  }

  /** Whether a name is listed. */
  hasName(host: string, port: number): boolean {
    const name = nameOf(host);
    return this.#entries.some(
      (entry) =>
        entry.name !== null &&
        (entry.port ?? port) === port &&
        (entry.name.startsWith('.') ? name.endsWith(entry.name) : name === entry.name),
    );
  }

  /** Whether an address is in a listed network. */
  hasAddress(address: string, port: number): boolean {
    return this.#some(address, port, () => true);
  }

  /** Whether an address is listed by itself, not only a network that contains it. */
  hasSingle(address: string, port: number): boolean {
    return this.#some(address, port, ({ isSingle }) => isSingle);
  }

  #some(address: string, port: number, fits: (entry: Entry) => boolean): boolean {
    const canonical = canonicalAddress(address) ?? null;
    return this.#entries.some(
      (entry) => entry.network?.has(canonical) === true && (entry.port ?? port) === port && fits(entry),
    );
  }
}

/** Whether a text can stand in a list of hosts. */
export function isHostEntry(text: string): boolean {
  return entryOf(text) !== undefined;
}

/** A host of a URL as a plain name or address: without brackets, in lower case, without the dot at its end. */
export function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function entryOf(text: string): Entry | undefined {
  const [, host, portText] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ??
    /^([^:]+):(\d{1,5})$/.exec(text) ?? ['', text, undefined];
  const port = portText === undefined ? null : Number(portText);
  if (host === undefined || (port !== null && (port < 1 || port > 65535))) return undefined;
  if (host !== text && text.startsWith('[') && !isNetwork(host)) return undefined;
  if (isNetwork(host))
    return {
      name: null,
      network: new Networks([host]),
      isSingle: !host.includes('/') || /\/(?:32|128)$/.test(host),
      port,
    };
  // A text of digits and dots that is no address would never match: it is a mistake.
  if (!/^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(host) || /^[\d.]+$/.test(host)) return undefined;
  return { name: nameOf(host.replace(/^\*/, '')), network: null, isSingle: false, port };
}
