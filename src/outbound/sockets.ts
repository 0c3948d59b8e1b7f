import { lookup as systemLookup } from 'node:dns';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import type { OutboundConfig } from './config.ts';
import { type Lookup, lookupFor } from './connect.ts';
import { Guard, refusal, type Target, type UrlAuthor } from './guard.ts';

export interface GuardedSocketsOptions {
  readonly author: UrlAuthor;
  readonly config?: OutboundConfig;
  /** Resolves names; default: that of the system. */
  readonly lookup?: Lookup;
}

/** Opens TCP connections for protocols other than HTTP, to permitted addresses only. They do not go through the proxy. */
export class GuardedSockets {
  readonly #guard: Guard;
  readonly #lookup: Lookup;
  /** Options for TLS over these connections: the authorities that are trusted, and no old versions. */
  readonly tls: ConnectionOptions;

  constructor({ author, config = {}, lookup = systemLookup }: GuardedSocketsOptions) {
    const { allow, ca } = config;
    this.#guard = new Guard(author, allow);
    this.#lookup = lookup;
    this.tls = {
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ...[ca].flat()] }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
    };
  }

  /**
   * A connection to a permitted address. The guard judges the literal, what the name resolves to, and the connected peer. Rejects with
   * OutboundError `refused`, or the error of the system; the code is ETIMEDOUT after `connectMs`.
   */
  connect(target: Target, connectMs: number): Promise<Socket> {
    const guard = this.#guard;
    return new Promise((resolve, reject) => {
      guard.checkLiteral(target);
      const lookup = lookupFor(target, { guard, lookup: this.#lookup });
      const socket = connect({ ...target, lookup, autoSelectFamily: true });
      const timer = setTimeout(
        () => socket.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })),
        connectMs,
      );
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        if (guard.permits(target, socket.remoteAddress ?? '')) return resolve(socket);
        socket.destroy();
        reject(refusal(target));
      });
    });
  }
}
