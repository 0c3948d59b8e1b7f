import { type EndSignal, FozError } from '../../../core/index.ts';
import type { ChangeMessage, ChangePosition, ChangeStream, FollowOptions } from '../../../plan/index.ts';
import { ChangeQueue, streamClosed } from '../../../sql/index.ts';
import { connect } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { quotedName, quotedText } from '../quoted-name.ts';
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
  const own = `foz_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
  const kept = keptAs === null ? null : await keptPosition(connection, keptAs);
  const name = keptAs ?? own;
  const from = kept ?? (await createSlot(connection, name, keptAs === null ? 'TEMPORARY ' : ''));
  // Of a durable slot, a later position may be asked for; of a new slot, only one that it reaches back to.
  if (after !== undefined && (kept === null ? after > from : after < from)) throw otherLog();
  if (kept === null && keptAs !== null && after !== undefined && after < from) throw otherLog();
  const start = kept === null ? from : (after ?? from);
  const publications = `'${quotedName(publication).replaceAll("'", "''")}'`;
  await connection.start(
    `START_REPLICATION SLOT ${quotedName(name)} LOGICAL ${lsnSpelled(start)} (proto_version '1', publication_names ${publications})`,
  );
  return start;
}

/** Creates a slot. Resolves with the position from which on it has all changes. */
async function createSlot(
  connection: ReplicationConnection,
  name: string,
  kind: 'TEMPORARY ' | '',
): Promise<ChangePosition> {
  const [row] = await connection.query(
    `CREATE_REPLICATION_SLOT ${quotedName(name)} ${kind}LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
  );
  return lsnText(parseLsn(row!.consistent_point!));
}

/** The acknowledged position of a durable slot; `null`: there is none, or the server has dropped log that it needs, so that it was removed. */
async function keptPosition(connection: ReplicationConnection, name: string): Promise<ChangePosition | null> {
  const [row] = await connection.query(
    `select s.confirmed_flush_lsn::text as position, to_jsonb(s) ->> 'wal_status' as state
     from pg_catalog.pg_replication_slots s where s.slot_name = ${quotedText(name)} and s.database = current_database()`,
  );
  if (row === undefined) return null;
  if (row.state !== 'lost') return lsnText(parseLsn(row.position!));
  await connection.query(`select pg_catalog.pg_drop_replication_slot(${quotedText(name)})`);
  return null;
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
