import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2';
import { connect, rowsOf } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { type BinlogPosition, GtidBinlogPosition } from './binlog-position.ts';

/** A transaction whose messages were sent: its name, and the point in the log where it begins. */
export interface SentTransaction {
  readonly transaction: string;
  readonly file: string;
  readonly offset: number;
}

/** Seconds that the server waits before it answers that a transaction is not visible yet. */
const waitSeconds = 5;

/** Milliseconds between two checks of a transaction that is not visible yet: the first pause, and the longest one. */
const pauseMs = { first: 1, longest: 50 } as const;

/** Milliseconds to wait where the server cannot report whether a transaction is visible. */
const blindMs = 50;

/**
 * Waits until new snapshots see a transaction. The servers write it to the log first, and only then commit it in the storage engine. MySQL
 * then adds its GTID to the executed ones, and MariaDB reports the point of the log up to which it has committed. Without GTIDs MySQL
 * reports neither.
 */
export class Visibility {
  readonly #client: Connection;
  readonly #look: (sent: SentTransaction) => Promise<boolean>;

  private constructor(client: Connection, settings: Settings, place: BinlogPosition) {
    this.#client = client;
    this.#look =
      settings.engine === 'mariadb'
        ? (sent) => this.#isCommitted(sent)
        : place instanceof GtidBinlogPosition
          ? (sent) => this.#isExecuted(sent, place)
          : () => sleep(blindMs).then(() => true);
  }

  /** Opens a connection for the checks. Rejects with the error of the driver or the server. */
  static async open(settings: Settings, place: BinlogPosition): Promise<Visibility> {
    return new Visibility((await connect(settings)).client, settings, place);
  }

  /** Resolves once new snapshots see the transaction. Rejects with FozError when the connection is lost. */
  async wait(sent: SentTransaction): Promise<void> {
    try {
      for (let pause: number = pauseMs.first; !(await this.#look(sent)); pause *= 2)
        await sleep(Math.min(pause, pauseMs.longest));
    } catch (error) {
      throw toFozError(error);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  /** Earlier transactions may be committed later than this one (binlog_order_commits), so all of them are waited for. */
  async #isExecuted({ transaction }: SentTransaction, { executed }: GtidBinlogPosition): Promise<boolean> {
    const set = [String(executed), transaction].filter((text) => text !== '').join(',');
    const [row] = await rowsOf(this.#client, `select wait_for_executed_gtid_set('${set}', ${waitSeconds})`);
    return String(row![0]) === '0';
  }

  async #isCommitted({ file, offset }: SentTransaction): Promise<boolean> {
    const rows = await rowsOf(this.#client, "show session status like 'binlog_snapshot_%'");
    const status = new Map(rows.map(([name, value]) => [String(name).toLowerCase(), String(value)]));
    const committed = numberOf(status.get('binlog_snapshot_file') ?? '');
    // The status has ends of transactions: an end after the begin is that of this transaction, or of a later one.
    const isBehind = Number(status.get('binlog_snapshot_position')) > offset;
    return committed > numberOf(file) || (committed === numberOf(file) && isBehind);
  }
}

function numberOf(file: string): number {
  return Number(/\d+$/.exec(file)?.[0] ?? 0);
}
