import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store, StoreLog } from '../store/store.ts';
import { appendRecords, type TimedEvent } from './append.ts';
import { Checkpoint } from './checkpoint.ts';
import type { AuditEvent } from './record.ts';
import { Refusals } from './refusals.ts';

export interface AuditOptions {
  readonly store: Store;
  readonly secrets: Secrets;
  /** The state folder, for the checkpoint outside of the store. */
  readonly folder: string;
  /** What happens to what should be written down while the store is down; `closed` (refuse it) unless told. */
  readonly whenDown?: 'closed' | 'open';
  readonly log?: StoreLog;
  /** Milliseconds between checkpoints; 1,000 unless told. */
  readonly checkpointMs?: number;
  /** Milliseconds within which many refusals become one record; 60,000 unless told. */
  readonly refusalsMs?: number;
}

interface Waiting extends TimedEvent {
  resolve(): void;
  reject(error: unknown): void;
}

/** Records written in one transaction. */
const maxBatch = 500;
/** Events that wait while the store is slow; more are refused. */
const maxWaiting = 20_000;

/** The audit log: events go in in groups, and whoever adds one waits until it is stored. */
export class AuditLog {
  readonly #options: AuditOptions;
  /** What happens to what should be written down while the store is down; may be set at any time. */
  whenDown: 'closed' | 'open';
  readonly checkpoint: Checkpoint;
  readonly #refusals: Refusals;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #key: Promise<Uint8Array> | null = null;
  #lost = 0;
  #failing = false;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.whenDown = options.whenDown ?? 'closed';
    this.checkpoint = new Checkpoint(options.folder, options.checkpointMs ?? 1_000, options.log);
    this.#refusals = new Refusals((event) => this.append(event), options.refusalsMs);
  }

  /** Events that could not be written and were let pass, since the start of this process; always 0 when the log fails closed. */
  get lost(): number {
    return this.#lost;
  }

  /** Events that wait to be stored. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether the last attempt to write failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * Resolves once the event is stored. When it cannot be stored, a log that fails closed rejects with FozError `unavailable`: the caller
   * must not tell its client of success. One that fails open counts the event, puts it into the process's own log, and resolves.
   */
  append(event: AuditEvent): Promise<void> {
    if (this.#waiting.length >= maxWaiting)
      return this.#settleFailed([event], new Error(`${maxWaiting} events wait already`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, at: Date.now(), resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** As `append`, for somebody who was not let in: many of them in a short time become one record. */
  refused(event: AuditEvent): Promise<void> {
    return this.#refusals.told(event);
  }

  /** Adds an event within the transaction of the change that it tells of, as its last act: both are stored or neither. */
  async appendWithin(transaction: Knex, event: AuditEvent): Promise<void> {
    const key = await this.#readKey(transaction);
    await appendRecords(transaction, [{ event, at: Date.now() }], key);
  }

  /** Tells of a change of the control plane that succeeds, within its transaction, as `appendWithin` does. */
  changedWithin(transaction: Knex, event: Omit<AuditEvent, 'kind' | 'outcome'>): Promise<void> {
    return this.appendWithin(transaction, { ...event, kind: 'control', outcome: 'success' });
  }

  /**
   * To be awaited before something is done that has to be written down: when the log fails closed and the last attempt to write failed, it
   * looks whether the store is back and else rejects with FozError `unavailable`, so that nothing is done. Costs nothing otherwise.
   */
  async ready(): Promise<void> {
    if (!this.#failing || this.whenDown === 'open') return;
    try {
      await this.#options.store.write((db) =>
        db.raw('select 1 from foz.audit_state where name = ? for update', ['head']),
      );
      this.#failing = false;
    } catch (error) {
      throw cannotWrite(error);
    }
  }

  /** The key that places in the chain are signed with: made once, kept among the store's secrets. */
  key(): Promise<Uint8Array> {
    this.#key ??= this.#readKey().catch((error: unknown) => {
      this.#key = null;
      throw error;
    });
    return this.#key;
  }

  /** Waits for what is under way and writes the last checkpoint. The store stays open. */
  async close(): Promise<void> {
    await this.#refusals.flush().catch(() => {});
    await this.#writing;
    this.checkpoint.close();
  }

  async #readKey(transaction?: Knex): Promise<Uint8Array> {
    const make = () => randomBytes(32).toString('base64');
    const value = await this.#options.secrets.getOrMake(auditKeyId, make, transaction);
    return Buffer.from(value.reveal(), 'base64');
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Whoever comes in the same turn of the event loop goes into the same group.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#waiting.splice(0, maxBatch);
      try {
        await this.#store(batch);
        this.#failing = false;
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await this.#fail(batch, error);
      }
    }
    this.#writing = null;
  }

  async #store(batch: readonly TimedEvent[]): Promise<void> {
    const key = await this.key();
    const head = await this.#options.store.write((db) => appendRecords(db, batch, key));
    this.checkpoint.note(head, key);
  }

  async #fail(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (!this.#failing)
      this.#options.log?.error({ reason: reasonOf(error) }, 'The audit log cannot be written.');
    this.#failing = true;
    // One event that cannot be written must not take the others of its group with it.
    if (batch.length > 1 && !(error instanceof FozError && error.code === 'unavailable')) {
      for (const one of batch)
        await this.#store([one]).then(one.resolve, (own) =>
          this.#settleFailed([one.event], own).then(one.resolve, one.reject),
        );
      return;
    }
    for (const one of batch) this.#settleFailed([one.event], error).then(one.resolve, one.reject);
  }

  #settleFailed(events: readonly AuditEvent[], error: unknown): Promise<void> {
    const { log } = this.#options;
    if (this.whenDown !== 'open') return Promise.reject(cannotWrite(error));
    const reason = reasonOf(error);
    for (const event of events) {
      this.#lost++;
      const { before: _before, after: _after, ...told } = event;
      log?.error(
        { reason, event: told, lost: this.#lost },
        'AN EVENT IS MISSING IN THE AUDIT LOG: it cannot be written.',
      );
    }
    return Promise.resolve();
  }
}

/** The secret that places in the chain are signed with. */
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
