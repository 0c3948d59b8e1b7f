import { type ConnectionOptions, rootCertificates } from 'node:tls';
import { Pool } from 'undici';
import type { OutboundConfig } from './config.ts';
import { guardedConnector, type Lookup } from './connect.ts';
import type { Guard, Target } from './guard.ts';
import { HostList, nameOf } from './host-list.ts';
import type { OutboundLimits } from './limits.ts';
import { HttpProxy } from './tunnel.ts';

interface PoolsOptions {
  readonly config: OutboundConfig;
  readonly guard: Guard;
  readonly lookup: Lookup;
  readonly limits: OutboundLimits;
}

/** A pool of connections per origin. Beyond the limit of origins, the pool that was used least recently is closed. */
export class Pools {
  readonly #options: PoolsOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #proxy: HttpProxy | null;
  readonly #certificates: readonly { readonly hosts: HostList; readonly tls: ConnectionOptions }[];
  readonly #tls: ConnectionOptions;

  constructor(options: PoolsOptions) {
    this.#options = options;
    const { ca, proxy, certificates = [] } = options.config;
    this.#tls = ca === undefined ? {} : { ca: [...rootCertificates, ...[ca].flat()] };
    this.#proxy =
      proxy === undefined
        ? null
        : new HttpProxy(proxy, { connectMs: options.limits.connectMs, tls: this.#tls });
    this.#certificates = certificates.map(({ hosts, ...tls }) => ({ hosts: new HostList(hosts), tls }));
  }

  /** The connections to the origin of a URL. */
  of(url: URL): Pool {
    const known = this.#pools.get(url.origin);
    const pool = known ?? this.#open(url);
    this.#pools.delete(url.origin);
    this.#pools.set(url.origin, pool);
    if (this.#pools.size > this.#options.limits.origins) this.#dropOldest();
    return pool;
  }

  #dropOldest(): void {
    const [[origin, pool]] = this.#pools as unknown as [[string, Pool]];
    this.#pools.delete(origin);
    // `close` lets the requests finish that have begun.
    pool.close().catch(() => {});
  }

  #open(url: URL): Pool {
    const { guard, lookup, limits } = this.#options;
    const target = targetOf(url);
    const connecting = { guard, lookup, connectMs: limits.connectMs, tls: this.#tlsFor(target) };
    const connect = this.#proxy?.serves(target)
      ? this.#proxy.connector(target, connecting)
      : guardedConnector(target, connecting);
    return new Pool(url.origin, {
      connect,
      connections: limits.connectionsPerOrigin,
      pipelining: 1,
      headersTimeout: limits.headersMs,
      bodyTimeout: limits.idleMs,
      maxHeaderSize: limits.headerBytes,
      keepAliveTimeout: limits.keepAliveMs,
      keepAliveMaxTimeout: limits.keepAliveMs,
    });
  }

  #tlsFor({ host, port }: Target): ConnectionOptions {
    const shown = this.#certificates.find(
      ({ hosts }) => hosts.hasName(host, port) || hosts.hasAddress(host, port),
    );
    return { ...this.#tls, ...shown?.tls };
  }

  /** Ends all connections, also those in use. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all([...pools.map((pool) => pool.destroy()), this.#proxy?.close()]);
  }
}

/** The host and port of a URL. */
export function targetOf(url: URL): Target {
  const usual = url.protocol === 'https:' ? 443 : 80;
  return { host: nameOf(url.hostname), port: url.port === '' ? usual : Number(url.port) };
}
