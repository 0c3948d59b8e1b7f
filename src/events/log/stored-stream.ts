import { type EndSignal, FozError, type SourceName, Wakeup } from '../../core/index.ts';
import type { ChangeMessage, ChangePosition, ChangeStream, FollowOptions } from '../../plan/index.ts';
import type { ChangeLogStore, StoredLog } from '../../store/index.ts';
import { messagesOf } from './segment-text.ts';

/** Milliseconds after which the store is read even without a notification, and the right to read the source is asked for. */
const askMs = 1_000;
/** Milliseconds that the store may take for an answer. */
const patienceMs = 3_000;

export interface StoredStreamOptions extends Pick<FollowOptions, 'method' | 'after'> {
  readonly store: ChangeLogStore;
  readonly source: SourceName;
  readonly identity: string;
  /**
   * Takes the right to read the source if no process has it any more. Resolves with whether it was taken. Rejects where that cannot be
   * known, which ends the stream.
   */
  readonly lead: () => Promise<boolean>;
}

/**
 * The changes of a source that another process reads, from the log in the store. The stream ends at a gap of the log, or when the other
 * process has ended: after all changes that this process has stored.
 */
export class StoredStream implements ChangeStream {
  readonly start: ChangePosition;
  readonly #options: StoredStreamOptions;
  #number: number;
  #position: ChangePosition;
  #isNews = true;
  readonly #wakeup = new Wakeup();
  readonly #unlisten: () => void;
  #isClosed = false;
  #isLast = false;
  #askedAt = performance.now();

  private constructor(options: StoredStreamOptions, start: ChangePosition, number: number) {
    this.#options = options;
    this.start = start;
    this.#position = start;
    this.#number = number;
    this.#unlisten = options.store.listen(options.source, () => this.#news());
  }

  /** Opens the stream; `null`: there is no log to follow. Rejects with FozError. */
  static async open(options: StoredStreamOptions): Promise<StoredStream | null> {
    const { store, source, after } = options;
    const log = await store.read(source);
    if (log === null || !isSame(log, options)) return null;
    // Where the log lacks changes after the position, the stream begins later, which is a gap for its reader.
    if (after === undefined || after < log.keptAfter || after > log.position)
      return new StoredStream(options, log.position, log.number);
    const number = (await store.numberBefore(source, after)) ?? log.number;
    return new StoredStream(options, after, number);
  }

  async next(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    for (;;) {
      if (this.#isClosed) throw ended('The stream was closed.');
      this.#isNews = false;
      const messages = await this.#read();
      if (messages.length > 0) return messages;
      if (this.#isLast) throw ended('The process that read the source has ended.');
      if (!this.#isNews) await this.#wakeup.wait(signal, askMs, { keepsAlive: false });
      if (signal.aborted) throw ended('The stream is not awaited any more.');
      await this.#ask();
    }
  }

  /** Does nothing: the store keeps no changes for this stream alone. */
  acknowledge(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unlisten();
    this.#news();
  }

  async #read(): Promise<ChangeMessage[]> {
    const { store, source } = this.#options;
    const log = await inTime(store.read(source));
    const segments = await inTime(store.segments(source, this.#number));
    const isWhole = segments.every(({ number }, at) => number === this.#number + 1 + at);
    const isMissing = segments.length === 0 && log?.number !== this.#number;
    if (log === null || !isSame(log, this.#options) || !isWhole || isMissing)
      throw ended('The log of the changes begins anew.');
    this.#number += segments.length;
    const messages: ChangeMessage[] = segments.flatMap(({ body }) => messagesOf(body));
    for (const { position } of segments) this.#position = position ?? this.#position;
    // Between the last segment and the position of the log there are no logged changes.
    if (this.#number === log.number && log.position > this.#position) {
      this.#position = log.position;
      messages.push({ kind: 'idle', position: log.position });
    }
    return messages;
  }

  #news(): void {
    this.#isNews = true;
    this.#wakeup.wake();
  }

  /** Asks for the right to read the source, at most every half `askMs`. It is free when the reading process has ended. */
  async #ask(): Promise<void> {
    if (this.#isLast || performance.now() - this.#askedAt < askMs / 2) return;
    this.#askedAt = performance.now();
    this.#isLast = await this.#options.lead();
  }
}

/** Rejects where the store does not answer in time, so that the source is read without it. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(ended('The store does not answer.')), patienceMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function isSame(log: StoredLog, { identity, method }: StoredStreamOptions): boolean {
  return log.identity === identity && log.method === method;
}

function ended(reason: string): FozError {
  return new FozError('unavailable', `Changes are no longer read from the store: ${reason}`);
}
