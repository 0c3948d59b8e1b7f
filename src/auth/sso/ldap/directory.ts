import { FozError } from '../../../core/index.ts';
import { type GuardedSockets, OutboundError } from '../../../outbound/index.ts';
import { unavailable } from '../unavailable.ts';
import type { LdapConfig } from './config.ts';
import { Connection } from './connection.ts';
import { codeOf, isPassing } from './refusal.ts';

/** Opens a further connection to the same server. */
export type Open = () => Promise<Connection>;

/** The servers of one directory. */
export class Directory {
  readonly #config: LdapConfig;
  readonly #sockets: GuardedSockets;
  /** The server that answered last: it is asked first. */
  #preferred = 0;

  constructor(config: LdapConfig, sockets: GuardedSockets) {
    this.#config = config;
    this.#sockets = sockets;
  }

  /**
   * Does some work with one server; where that cannot work, with the next one. Rejects with FozError `unavailable` where none can, and with
   * what the work rejects with.
   */
  async use<T>(work: (open: Open) => Promise<T>): Promise<T> {
    const { servers, name } = this.#config;
    const faults: string[] = [];
    for (let more = 0; more < servers.length; more++) {
      const at = (this.#preferred + more) % servers.length;
      try {
        const result = await this.#with(new URL(servers[at]!), work);
        this.#preferred = at;
        return result;
      } catch (error) {
        // A refused address is a fault of that server.
        if (error instanceof FozError && !(error instanceof OutboundError)) throw error;
        const { message } = error as Error;
        const code = codeOf(error);
        faults.push(`${servers[at]}: ${code === undefined ? message : `code ${code}: ${message}`}`);
        if (!isPassing(error)) break;
      }
    }
    throw unavailable(name, faults.join('; '));
  }

  async #with<T>(url: URL, work: (open: Open) => Promise<T>): Promise<T> {
    const totalMs = 4_000 * (this.#config.timeout_seconds ?? 5);
    const opened: Connection[] = [];
    try {
      return await work(async () => {
        const connection = await Connection.open(url, this.#config, this.#sockets, totalMs);
        opened.push(connection);
        return connection;
      });
    } finally {
      await Promise.all(opened.map((connection) => connection.close()));
    }
  }
}
