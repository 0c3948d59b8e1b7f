import { type EndSignal, FozError } from '../../../core/index.ts';
import type { ChangeMessage, ChangePosition, ChangeStream, FollowOptions } from '../../../plan/index.ts';
import { ChangeQueue, streamClosed } from '../../../sql/index.ts';
import { toFozError } from '../errors.ts';
import { isFollowed } from '../namespaces.ts';
import type { Settings } from '../options.ts';
import { readCharsets } from './charsets.ts';
import { type Dump, openDump } from './dump.ts';
import { dumpError, errorIn } from './dump-errors.ts';
import { readHiddenTypes } from './hidden-types.ts';
import { LogReader } from './log-reader.ts';
import { PacketReader } from './packet-reader.ts';
import { type HiddenTypes, TableLayouts } from './table-layouts.ts';
import { Transactions } from './transactions.ts';
import { type SentTransaction, Visibility } from './visibility.ts';

/** Milliseconds without a byte of the server, which sends a heartbeat every 5 s, after which the connection counts as lost. */
const silenceMs = 30_000;

/** First bytes of packets. */
const [endPacket, errorPacket] = [0xfe, 0xff];

/** Reads the types of columns again that the binlog lacks. */
type RenewHidden = () => Promise<HiddenTypes>;

/** Follows the binlog of a server. Rejects with FozError. `renewHidden`: over another connection, when tables were altered. */
export async function followBinlog(
  settings: Settings,
  follow: FollowOptions,
  renewHidden: RenewHidden,
): Promise<ChangeStream> {
  if (follow.keptAs !== null)
    throw new FozError(
      'not-supported',
      'The server keeps its binlog for all readers alike, and no position of a reader: begin after a position.',
    );
  try {
    const dump = await openDump(settings, follow);
    try {
      const { database, engine } = settings;
      const follows = (namespace: string) => isFollowed(namespace, database);
      const hidden = await readHiddenTypes(dump.ask, settings);
      const layouts = new TableLayouts(engine, await readCharsets(dump.ask, engine), follows, hidden);
      const visibility = await Visibility.open(settings, dump.place);
      return new BinlogChanges(settings, dump, layouts, visibility, renewHidden);
    } catch (error) {
      dump.client.destroy();
      throw error;
    }
  } catch (error) {
    throw toFozError(error, 'connect');
  }
}

class BinlogChanges implements ChangeStream {
  readonly start: ChangePosition;
  readonly #dump: Dump;
  readonly #log: LogReader;
  readonly #transactions: Transactions;
  readonly #visibility: Visibility;
  readonly #packets: PacketReader;
  readonly #queue = new ChangeQueue(() => this.#pause('full'));
  #end: (error: FozError) => void = () => {};
  /** Rejects when the stream ends. */
  readonly #ended = new Promise<never>((_, reject) => {
    this.#end = reject;
  });
  /** Reasons why reading is paused: the caller has not taken the messages (`full`), or hidden types are being read again (`altered`). */
  readonly #pauses = new Set<'full' | 'altered'>();
  #heardAt = Date.now();
  readonly #silence: NodeJS.Timeout;

  constructor(
    settings: Settings,
    dump: Dump,
    layouts: TableLayouts,
    visibility: Visibility,
    renewHidden: RenewHidden,
  ) {
    this.#dump = dump;
    this.#visibility = visibility;
    this.start = dump.place.position;
    this.#transactions = new Transactions(dump.place, (message, bytes) => this.#queue.add(message, bytes));
    this.#log = new LogReader({
      engine: settings.engine,
      place: dump.place,
      layouts,
      hasChecksums: dump.hasChecksums,
      transactions: this.#transactions,
      altered: () => {
        if (settings.engine === 'mariadb') void this.#renew(layouts, renewHidden);
      },
    });
    this.#packets = new PacketReader((payload) => this.#receive(payload));
    this.#ended.catch(() => {});
    this.#silence = setInterval(() => this.#checkSilence(), silenceMs / 6);
    this.#take();
  }

  async next(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    const messages = await this.#queue.take(signal);
    const { last } = this.#transactions;
    this.#continue('full');
    if (last !== null && messages.some(({ kind }) => kind !== 'idle')) await this.#visible(last);
    return messages;
  }

  /** Waits until a transaction is visible. Its messages are taken already, so the stream ends if the server does not answer. */
  async #visible(sent: SentTransaction): Promise<void> {
    try {
      await Promise.race([this.#visibility.wait(sent), this.#ended]);
    } catch (error) {
      this.#fail(toFozError(error));
      throw this.#queue.error;
    }
  }

  /** Does nothing: the server keeps its binlog by its own settings. */
  acknowledge(): void {}

  async close(): Promise<void> {
    this.#fail(streamClosed());
  }

  /** Takes the connection over from the client. */
  #take(): void {
    const { client, start } = this.#dump;
    const lost = () => this.#fail(toFozError({ message: 'Connection lost', code: 'ECONNRESET' }));
    client.on('error', (error) => this.#fail(toFozError(error)));
    client.on('end', lost);
    this.#dump.gate.on('close', lost);
    (client as unknown as { packetParser: PacketReader }).packetParser = this.#packets;
    start();
  }

  #receive(payload: Buffer): void {
    if (this.#queue.error !== null) return;
    this.#heardAt = Date.now();
    const first = payload[0];
    try {
      if (first === errorPacket) this.#fail(dumpError(errorIn(payload)));
      else if (first === endPacket && payload.length < 9)
        this.#fail(new FozError('unavailable', 'The server has ended the binlog.'));
      else this.#log.read(payload.subarray(1));
    } catch (error) {
      this.#fail(error instanceof RangeError ? unreadable(error) : toFozError(error));
    }
  }

  async #renew(layouts: TableLayouts, renewHidden: RenewHidden): Promise<void> {
    this.#pause('altered');
    try {
      layouts.renew(await renewHidden());
      this.#continue('altered');
    } catch (error) {
      this.#fail(toFozError(error));
    }
  }

  #pause(reason: 'full' | 'altered'): void {
    this.#pauses.add(reason);
    this.#packets.hold();
    this.#dump.gate.shut();
  }

  #continue(reason: 'full' | 'altered'): void {
    if (!this.#pauses.delete(reason) || this.#pauses.size > 0 || this.#queue.error !== null) return;
    this.#heardAt = Date.now();
    this.#dump.gate.open();
    this.#packets.release();
  }

  #checkSilence(): void {
    if (this.#pauses.size > 0 || Date.now() - this.#heardAt < silenceMs) return;
    this.#fail(
      new FozError('unavailable', 'The database has sent nothing for 30 s: the connection is lost.'),
    );
  }

  #fail(error: FozError): void {
    if (!this.#queue.fail(error)) return;
    clearInterval(this.#silence);
    this.#packets.hold();
    this.#dump.client.destroy();
    this.#dump.gate.destroy();
    this.#visibility.close();
    this.#end(error);
  }
}

function unreadable(cause: RangeError): FozError {
  return new FozError('not-supported', 'An event of the binlog could not be read.', {
    internal: cause.message,
    cause,
  });
}
