import type { EndSignal } from '../../core/index.ts';
import type { ChangeMessage, ChangePosition, ChangeStream } from '../../plan/index.ts';

/** The log of a stream: gets its messages before the reader does. */
export interface StreamLog {
  /** Resolves once the log has room for the next messages (back-pressure). */
  room(): Promise<void>;
  take(messages: readonly ChangeMessage[]): void;
  /** Calls `acknowledge` once the messages that were read so far need not be read again. */
  acknowledged(acknowledge: () => void): void;
}

/** A stream of a database whose messages are logged as they pass. */
export class LoggedStream implements ChangeStream {
  readonly start: ChangePosition;
  readonly #stream: ChangeStream;
  readonly #log: StreamLog;

  /** `start`: the position after which the stream has all changes. */
  constructor(stream: ChangeStream, start: ChangePosition, log: StreamLog) {
    this.start = start;
    this.#stream = stream;
    this.#log = log;
  }

  async next(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    await this.#log.room();
    const messages = await this.#stream.next(signal);
    this.#log.take(messages);
    return messages;
  }

  acknowledge(position: ChangePosition): void {
    this.#log.acknowledged(() => this.#stream.acknowledge(position));
  }

  async lagBytes(): Promise<number | null> {
    return (await this.#stream.lagBytes?.()) ?? null;
  }

  close(): Promise<void> {
    return this.#stream.close();
  }
}
