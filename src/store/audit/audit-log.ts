import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { type CacheState, FozError } from '../../core/index.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store, StoreLog } from '../store.ts';
import { appendRecords, type Chain, type TimedEvent } from './append.ts';
import { Checkpoint } from './checkpoint.ts';
import type { AuditEvent } from './record.ts';
import { Refusals } from './refusals.ts';

export interface AuditOptions {
  readonly store: Store;
  readonly secrets: Secrets;
  /** The state folder, for the checkpoint outside of the store. */
  readonly folder: string;
  /** While the store is down: `closed` (default) refuses what must be recorded, `open` lets it pass. */
  readonly whenDown?: 'closed' | 'open';
  readonly log?: StoreLog;
  /** Milliseconds between checkpoints; default: 1,000. */
  readonly checkpointMs?: number;
  /** Milliseconds in which many refusals are combined into one record; default: 60,000. */
  readonly refusalsMs?: number;
  /** Milliseconds before a failed write is retried; default: 5,000. */
  readonly retryMs?: number;
}

interface Waiting extends TimedEvent {
  /** The caller has already got an error. */
  readonly isLate?: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/** Most records per transaction. */
const maxBatch = 500;
/** Most events that wait while the store is slow or down. More are refused. */
const maxWaiting = 20_000;

/** The audit log. Events are stored in batches, and `append` resolves when its event is stored. */
export class AuditLog {
  readonly #options: AuditOptions;
  /** The behaviour while the store is down. It may be changed at any time. */
  whenDown: 'closed' | 'open';
  readonly checkpoint: Checkpoint;
  readonly #refusals: Refusals;
  #waiting: Waiting[] = [];
  /** Events of writes that succeeded while the store was down. Their clients got an error, and the records are stored later. */
  #late: TimedEvent[] = [];
  #retry: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #key: Promise<Uint8Array> | null = null;
  #lost = 0;
  /** The start of the current series of failed writes, in milliseconds since 1970; `null`: the last write succeeded. */
  #failingSince: number | null = null;
  #probing: Promise<void> | null = null;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.whenDown = options.whenDown ?? 'closed';
    const isLost = () => options.store.lost !== null;
    this.checkpoint = new Checkpoint(options.folder, options.checkpointMs ?? 1_000, isLost, options.log);
    this.#refusals = new Refusals((event) => this.append(event), options.refusalsMs);
  }

  /** Events that were lost since the start of this process. */
  get lost(): number {
    return this.#lost;
  }

  /** Events waiting to be stored. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether the last write failed. */
  get failing(): boolean {
    return this.#failingSince !== null;
  }

  /**
   * Resolves when the event is stored. If it cannot be stored, a log that fails closed rejects with FozError
   * `unavailable`, and the caller must not report success to its client. The record of a write that succeeded is
   * stored when the store is back. A log that fails open counts the event as lost, writes it to the process's own
   * log, and resolves.
   */
  append(event: AuditEvent): Promise<void> {
    const at = Date.now();
    if (this.#waiting.length >= maxWaiting)
      return this.#settleFailed({ event, at }, new Error(`${maxWaiting} events wait already`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, at, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** As `append`, for refused credentials. Many refusals in a short time become one record. */
  refused(event: AuditEvent): Promise<void> {
    return this.#refusals.add(event);
  }

  /** The size of the counters of refusals. */
  get refusalsKept(): CacheState {
    return this.#refusals.cache;
  }

  /** Appends an event within the transaction of the change it records, as its last statement. Both are stored, or neither. */
  async appendWithin(transaction: Knex, event: AuditEvent): Promise<void> {
    const key = await this.#readKey(transaction);
    await appendRecords(transaction, [{ event, at: Date.now() }], this.chain(key));
  }

  /** Records a successful change of the control plane, within its transaction, as `appendWithin` does. */
  changedWithin(transaction: Knex, event: Omit<AuditEvent, 'kind' | 'outcome'>): Promise<void> {
    return this.appendWithin(transaction, { ...event, kind: 'control', outcome: 'success' });
  }

  /**
   * Awaited before an action that must be audited. If the log fails closed, and the last write failed or the store was
   * removed, this writes a record about the gap. If that fails too, it rejects with FozError `unavailable`, so that the
   * action is not taken. Otherwise it costs nothing. Only a write proves that the log works: a store that can be read or
   * locked may have no room for a record.
   */
  async ready(): Promise<void> {
    if (this.whenDown === 'open' || (this.#failingSince === null && !this.#options.store.wasLost)) return;
    this.#probing ??= this.append({
      kind: 'control',
      operation: 'audit.resumed',
      actor: { kind: 'system', id: 'audit', role: null },
      outcome: 'success',
      after: { failingSince: new Date(this.#failingSince ?? Date.now()).toISOString() },
    }).finally(() => {
      this.#probing = null;
    });
    await this.#probing;
  }

  /** The signing key of the chain. It is created once and kept among the store's secrets. */
  key(): Promise<Uint8Array> {
    this.#key ??= this.#readKey().catch((error: unknown) => {
      this.#key = null;
      throw error;
    });
    return this.#key;
  }

  /** The chain signed with this key, and its last known end. */
  chain(key: Uint8Array): Chain {
    const onBroken = (reason: string) =>
      this.#options.log?.error(
        { reason },
        'THE AUDIT LOG WAS TAMPERED WITH, or an older store was put back.',
      );
    return { key, lastHead: this.checkpoint.seen(key), onBroken };
  }

  /** Waits for pending events and writes the last checkpoint. The store stays open. */
  async close(): Promise<void> {
    await this.#refusals.flush().catch(() => {});
    await this.#writing;
    clearTimeout(this.#retry);
    if (this.#late.length > 0) await this.#write();
    clearTimeout(this.#retry);
    this.checkpoint.close();
  }

  async #readKey(transaction?: Knex): Promise<Uint8Array> {
    const make = () => randomBytes(32).toString('base64');
    const value = await this.#options.secrets.getOrMake(auditKeyId, make, transaction);
    return Buffer.from(value.reveal(), 'base64');
  }

  async #write(): Promise<void> {
    do {
      // Events of the same turn of the event loop go into the same batch.
      await new Promise((resolve) => setImmediate(resolve));
      const late = this.#late
        .splice(0, maxBatch)
        .map((event) => ({ ...event, isLate: true, resolve: none, reject: none }));
      const batch: readonly Waiting[] = [...late, ...this.#waiting.splice(0, maxBatch)];
      try {
        await this.#store(batch);
        this.#failingSince = null;
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await this.#fail(batch, error);
      }
    } while (this.#waiting.length > 0);
    this.#writing = null;
    if (this.#late.length > 0) this.#writeLater();
  }

  #writeLater(): void {
    this.#retry ??= setTimeout(
      () => {
        this.#retry = undefined;
        this.#writing ??= this.#write();
      },
      this.#failingSince !== null ? (this.#options.retryMs ?? 5_000) : 0,
    ).unref();
  }

  async #store(batch: readonly TimedEvent[]): Promise<void> {
    const key = await this.key();
    const head = await this.#options.store.write((db) => appendRecords(db, batch, this.chain(key)));
    this.checkpoint.note(head, key);
  }

  async #fail(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (this.#failingSince === null)
      this.#options.log?.error({ reason: reasonOf(error) }, 'The audit log cannot be written.');
    this.#failingSince ??= Date.now();
    // An event that cannot be written must not prevent the others of its batch.
    if (batch.length > 1 && !isDown(error)) {
      for (const one of batch)
        await this.#store([one]).then(one.resolve, (own) =>
          this.#settleFailed(one, own).then(one.resolve, one.reject),
        );
      return;
    }
    for (const one of batch) this.#settleFailed(one, error).then(one.resolve, one.reject);
  }

  #settleFailed(
    { event, at, isLate = false }: TimedEvent & Pick<Waiting, 'isLate'>,
    error: unknown,
  ): Promise<void> {
    const { log } = this.#options;
    const isClosed = this.whenDown !== 'open';
    const { before: _before, after: _after, ...logged } = event;
    const fields = { reason: reasonOf(error), event: logged };
    if (isClosed && !isDone(event)) return Promise.reject(cannotWrite(error));
    if (isClosed && isDown(error) && this.#late.length < maxWaiting) {
      this.#late.push({ event, at });
      if (!isLate)
        log?.warn(fields, 'A write is not in the audit log yet: its record follows when the store is back.');
    } else
      log?.error(
        { ...fields, lost: ++this.#lost },
        'AN EVENT IS MISSING IN THE AUDIT LOG: it cannot be written.',
      );
    return isClosed ? Promise.reject(cannotWrite(error)) : Promise.resolve();
  }
}

const none = () => {};

function isDown(error: unknown): boolean {
  return error instanceof FozError && error.code === 'unavailable';
}

/** Whether an event records rows that were changed, or may have been. */
function isDone({ kind, outcome }: AuditEvent): boolean {
  return kind === 'mutation' && (outcome === 'success' || outcome === 'unknown');
}

/** The id of the secret that is the signing key of the chain. */
export const auditKeyId = 'system/audit-key';

function cannotWrite(error: unknown): FozError {
  return new FozError(
    'unavailable',
    'The audit log cannot be written now, and nothing is done without it: try again in a moment.',
    { internal: reasonOf(error), cause: error },
  );
}

function reasonOf(error: unknown): string {
  return error instanceof FozError ? (error.internal ?? error.message) : String(error);
}
