import { type EndSignal, FozError } from '../../../core/index.ts';
import type { ChangeMessage, ChangePosition, ChangeStream, FollowOptions } from '../../../plan/index.ts';
import { ChangeQueue, streamClosed } from '../../../sql/index.ts';
import { connect } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { quotedName } from '../quoted-name.ts';
import { lsnSpelled, lsnText, parseLsn } from './lsn.ts';
import { Pgoutput } from './pgoutput.ts';
import { ReplicationConnection } from './replication-connection.ts';
import { Visibility } from './visibility.ts';

/**
 * Follows the changes of a publication by logical replication. `keptAs` is the name of a logical replication slot with the plugin pgoutput;
 * without it the slot belongs to the connection and ends with it. Rejects with FozError.
 */
export async function followPublication(
  settings: Settings,
  publication: string,
  follow: FollowOptions,
): Promise<ChangeStream> {
  try {
    const startup = { ...settings.startup, replication: 'database' };
    const { client, refused } = await connect({ ...settings, startup });
    const connection = new ReplicationConnection(client);
    let visibility: Visibility | null = null;
    try {
      if (refused.has('replication')) throw behindPooler();
      visibility = await Visibility.open(settings);
      // The first changes may arrive at once, so nothing is awaited between the start and the listener.
      const start = await begin(connection, publication, follow);
      return new PostgresChanges(connection, start, visibility);
    } catch (error) {
      await Promise.all([connection.close(), visibility?.close()]);
      throw error;
    }
  } catch (error) {
    throw error instanceof FozError ? error : toFozError(error);
  }
}

/** Starts replication; returns the position at which the stream begins. */
async function begin(
  connection: ReplicationConnection,
  publication: string,
  { keptAs, after }: FollowOptions,
): Promise<ChangePosition> {
  let name = keptAs;
  let start = after ?? lsnText(0n);
  if (name === null) {
    name = `foz_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
    const [row] = await connection.query(
      `CREATE_REPLICATION_SLOT ${quotedName(name)} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    );
    start = lsnText(parseLsn(row!.consistent_point!));
    if (after !== undefined && after > start) throw otherLog();
  }
  const publications = `'${quotedName(publication).replaceAll("'", "''")}'`;
  await connection.start(
    `START_REPLICATION SLOT ${quotedName(name)} LOGICAL ${lsnSpelled(start)} (proto_version '1', publication_names ${publications})`,
  );
  return start;
}

function otherLog(): FozError {
  return new FozError(
    'not-found',
    'The position of the changes is behind the end of the log of the database: it is another database, or an older copy of it.',
  );
}

function behindPooler(): FozError {
  return new FozError(
    'unavailable',
    'The connection pooler before the server refuses replication: name the address of the server itself for changes.',
  );
}

class PostgresChanges implements ChangeStream {
  readonly start: ChangePosition;
  readonly #connection: ReplicationConnection;
  readonly #visibility: Visibility;
  readonly #decoder = new Pgoutput();
  readonly #queue: ChangeQueue;
  /** Whether a transaction has begun and not been committed in the stream. */
  #isWithin = false;

  constructor(connection: ReplicationConnection, start: ChangePosition, visibility: Visibility) {
    this.#connection = connection;
    this.#visibility = visibility;
    this.start = start;
    this.#queue = new ChangeQueue(() => connection.pause());
    connection.listen({
      data: (bytes) => this.#decode(bytes),
      idle: (end) => this.#idle(end),
      end: (error) => this.#queue.fail(error),
    });
  }

  async next(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    const messages = await this.#queue.take(signal);
    this.#connection.resume();
    await this.#visibility.wait(transactionsOf(messages), signal);
    return messages;
  }

  acknowledge(position: ChangePosition): void {
    this.#connection.acknowledge(BigInt(`0x${position}`));
  }

  async lagBytes(): Promise<number | null> {
    const end = await this.#visibility.logEnd();
    const behind = end - this.#connection.acknowledged;
    return behind > 0n ? Number(behind) : 0;
  }

  async close(): Promise<void> {
    this.#queue.fail(streamClosed());
    await Promise.all([this.#connection.close(), this.#visibility.close()]);
  }

  #decode(bytes: Buffer): void {
    const message = this.#decoder.decode(bytes);
    if (message === null) return;
    if (message.kind === 'begin') this.#isWithin = true;
    if (message.kind === 'commit') this.#isWithin = false;
    this.#queue.add(message, bytes.length);
  }

  /** Handles a keep-alive: between transactions, all changes before its end of the log were sent. */
  #idle(end: bigint): void {
    if (this.#isWithin) return;
    this.#queue.add({ kind: 'idle', position: lsnText(end) }, 0);
  }
}

function transactionsOf(messages: readonly ChangeMessage[]): number[] {
  return messages.flatMap((message) => (message.kind === 'begin' ? [Number(message.transaction)] : []));
}
