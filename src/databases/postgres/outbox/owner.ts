import { type EndSignal, FozError, Wakeup } from '../../../core/index.ts';
import type { Ownership } from '../../../sql/index.ts';
import { type Client, connect } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { channel } from './statements.ts';

/** The advisory lock that the reader of the outbox of a database holds. */
const lock = '7380399430221231';
/** Milliseconds after which the outbox is read even without a notification: one may be lost with its connection. */
const pollMs = 1_000;

/**
 * Takes the lock on the outbox: an advisory lock on a connection of its own, which also listens for notifications of new changes. The
 * lock ends with the connection, so a process that has crashed does not keep it. Rejects with FozError `conflict` when another reader
 * holds it.
 */
export async function ownOutbox(settings: Settings): Promise<Ownership> {
  let client: Client;
  try {
    const connected = await connect(settings);
    client = connected.client;
    if (connected.refused.size > 0) {
      await client.end();
      throw new FozError(
        'unavailable',
        'The connection pooler before the server shares connections, so that none can own the outbox: name the address of the server itself as "changes.url".',
      );
    }
  } catch (error) {
    throw error instanceof FozError ? error : toFozError(error);
  }
  try {
    const { rows } = await client.query<{ readonly taken: boolean }>(
      `select pg_try_advisory_lock(${lock}) as taken`,
    );
    if (!rows[0]!.taken) throw new FozError('conflict', 'Another process reads the outbox of the database.');
    const owner = new Owner(client);
    await client.query(`listen ${channel}`);
    return owner;
  } catch (error) {
    await client.end().catch(() => {});
    throw error instanceof FozError ? error : toFozError(error);
  }
}

class Owner implements Ownership {
  readonly #client: Client;
  #isNotified = false;
  #lost: FozError | null = null;
  readonly #notice = new Wakeup();

  constructor(client: Client) {
    this.#client = client;
    client.on('notification', () => {
      this.#isNotified = true;
      this.#notice.wake();
    });
    client.on('error', (error: unknown) => this.#lose(error));
    client.on('end', () => this.#lose(new Error('Connection terminated unexpectedly')));
  }

  async wait(signal: EndSignal): Promise<void> {
    if (this.#lost === null && !this.#isNotified) await this.#notice.wait(signal, pollMs);
    this.#isNotified = false;
    if (this.#lost !== null) throw this.#lost;
  }

  async release(): Promise<void> {
    await this.#client.end().catch(() => {});
  }

  #lose(error: unknown): void {
    this.#lost ??= toFozError(error);
    this.#notice.wake();
  }
}
