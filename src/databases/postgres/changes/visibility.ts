import { setTimeout as sleep } from 'node:timers/promises';
import { type EndSignal, FozError } from '../../../core/index.ts';
import { streamNotAwaited } from '../../../sql/index.ts';
import type { Client } from '../connect.ts';
import { connect } from '../connect.ts';
import { toFozError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { parseLsn } from './lsn.ts';

/** Milliseconds between two checks of a transaction that is not visible yet: the first pause, the longest one, and all of them together. */
const pauseMs = { first: 1, longest: 50, most: 5_000 } as const;

/** Transaction ids of the log have 32 bits, those of snapshots also an epoch. */
const epochBits = 32n;
const half = 1n << 31n;

/**
 * Waits until new snapshots see a transaction. A commit is in the log before it is visible: usually for a moment, with synchronous
 * replication until the standby has confirmed it.
 */
export class Visibility {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
    // The error of a lost connection is reported by the next query. A listener keeps the event from ending the process.
    client.on('error', () => {});
  }

  /** Opens a connection for the checks. Rejects with the error of the driver or the server. */
  static async open(settings: Settings): Promise<Visibility> {
    return new Visibility((await connect(settings)).client);
  }

  /**
   * Resolves once new snapshots see the transactions (`transactions`: their ids in the log). Rejects with FozError when the connection is
   * lost, `unavailable` where a transaction stays invisible: its changes have to be found by other means then.
   */
  async wait(transactions: readonly number[], signal: EndSignal): Promise<void> {
    const latest = performance.now() + pauseMs.most;
    for (let pause: number = pauseMs.first; transactions.length > 0; pause *= 2) {
      const snapshot = await this.#snapshot();
      if (transactions.every((id) => isVisible(id, snapshot))) return;
      if (signal.aborted) throw streamNotAwaited();
      if (performance.now() > latest)
        throw new FozError(
          'unavailable',
          'A transaction is in the log, but not visible: a standby may not have confirmed it.',
        );
      await sleep(Math.min(pause, pauseMs.longest));
    }
  }

  /** The end of the server's log. Rejects with FozError when the connection is lost. */
  async logEnd(): Promise<bigint> {
    try {
      const { rows } = await this.#client.query<{ readonly lsn: string }>(
        'select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn',
      );
      return parseLsn(rows[0]!.lsn);
    } catch (error) {
      throw toFozError(error);
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
  }

  async #snapshot(): Promise<Snapshot> {
    try {
      const { rows } = await this.#client.query<{ readonly snapshot: string }>(
        'select txid_current_snapshot()::text as snapshot',
      );
      return parseSnapshot(rows[0]!.snapshot);
    } catch (error) {
      throw toFozError(error);
    }
  }
}

/** Transactions from `max` on, and those in `running`, are not visible. */
interface Snapshot {
  readonly max: bigint;
  readonly running: ReadonlySet<bigint>;
}

/** Reads a text such as `10:20:12,15`: the oldest running transaction, the next id, the running ones. */
export function parseSnapshot(text: string): Snapshot {
  const [, max = '0', running = ''] = text.split(':');
  return { max: BigInt(max), running: new Set(running.split(',').filter(Boolean).map(BigInt)) };
}

/** Whether a snapshot sees a committed transaction. `id`: the lower 32 bits of its id. */
export function isVisible(id: number, { max, running }: Snapshot): boolean {
  let whole = ((max >> epochBits) << epochBits) | BigInt(id);
  if (whole - max > half) whole -= 1n << epochBits;
  else if (max - whole > half) whole += 1n << epochBits;
  return whole < max && !running.has(whole);
}
