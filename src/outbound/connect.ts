import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { type Guard, refusal, type Target } from './guard.ts';

/** Resolves a name to all of its addresses, as `dns.lookup` does. */
export type Lookup = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface ConnectOptions {
  readonly guard: Guard;
  readonly lookup: Lookup;
  readonly connectMs: number;
  readonly tls: ConnectionOptions;
}

type Connected = (...result: [error: null, socket: Socket] | [error: Error, socket: null]) => void;

/**
 * Opens connections to one target, to permitted addresses only. A name is looked up once per connection, and the connection goes to one of
 * the permitted addresses found. A host that is an address is not looked up, so it is judged before. The address of the connected peer is
 * judged last, however it was found.
 */
export function guardedConnector(target: Target, options: ConnectOptions): buildConnector.connector {
  const { guard, connectMs, tls } = options;
  const connect = buildConnector({ ...tls, timeout: connectMs, lookup: lookupFor(target, options) });
  return (request, callback) => {
    const done = callback as Connected;
    try {
      guard.checkLiteral(target);
    } catch (error) {
      done(error as Error, null);
      return;
    }
    connect({ ...request, ...serverNameOf(target) }, (error, socket) => {
      if (error !== null) done(error, null);
      else if (guard.permits(target, socket.remoteAddress ?? '')) done(null, socket as Socket);
      else {
        socket.destroy();
        done(refusal(target), null);
      }
    });
  };
}

/** The name that a certificate is expected for: that of the URL, whatever the request calls the server. An address is none; TLS takes the host then. */
export function serverNameOf({ host }: Target): { readonly servername?: string } {
  return { servername: isIP(host) === 0 ? host : undefined };
}

/** A lookup that returns the permitted addresses, and fails where a name has none. */
export function lookupFor(
  target: Target,
  { guard, lookup }: Pick<ConnectOptions, 'guard' | 'lookup'>,
): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true } as LookupAllOptions, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const permitted = addresses.filter(({ address }) => guard.permits(target, address));
      const [first] = permitted;
      if (first === undefined) return callback(refusal(target), []);
      if (options.all === true) return callback(null, permitted);
      callback(null, first.address, first.family);
    });
  };
}

/** The first permitted address of a target, for a proxy that is told an address. Rejects with OutboundError `refused` where it has none. */
export function permittedAddress(target: Target, options: ConnectOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    lookupFor(target, options)(target.host, { all: true }, (error, addresses) => {
      if (error !== null) reject(error);
      else resolve((addresses as LookupAddress[])[0]!.address);
    });
  });
}
