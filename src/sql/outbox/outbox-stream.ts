import { type EndSignal, FozError, HeldBytes, never } from '../../core/index.ts';
import type {
  ChangeMessage,
  ChangePosition,
  ChangeStream,
  FollowOptions,
  RunResult,
  Statement,
} from '../../plan/index.ts';
import { streamClosed, streamNotAwaited } from '../stream-errors.ts';
import type { OutboxDecoder, OutboxParts, Ownership } from './parts.ts';
import { inParts, parseRanges, type Range, rangesText, sortedRanges, without } from './ranges.ts';

/** Most rows of one page, and most bytes of them together. */
const most = { rows: 1000, bytes: 16 * 1024 * 1024 } as const;
/**
 * The rows of a batch, where more are visible (after a downtime, or a long transaction). A change that has no room in memory, or in the log
 * of the store, could not be read again.
 */
const batchRows = 10_000;
/** Digits of a position, so that positions compare as texts. */
const digits = 20;

/** Changes that are returned together, stored under one number. `ranges`: the ids of their rows in the outbox. */
interface Batch {
  readonly number: bigint;
  readonly ranges: readonly Range[];
}

/**
 * Reads an outbox in batches. A batch has the rows that a snapshot sees and that no batch before has, of very many the ones with the lowest
 * ids. It is recorded under a number before
 * its first change is returned, and its rows are deleted after it was acknowledged. After a crash the same batches are returned again,
 * with the same numbers.
 */
export class OutboxStream implements ChangeStream {
  readonly start: ChangePosition;
  readonly #parts: OutboxParts;
  readonly #owned: Ownership;
  /** Batches that an earlier reader has recorded and not acknowledged, still to be returned. */
  readonly #left: Batch[];
  /** Batches that were recorded and not acknowledged, in order. */
  #unsettled: Batch[];
  /** Acknowledged batches whose rows are being deleted. */
  #deleting: readonly Batch[] = [];
  #reader: BatchReader | null = null;
  #settling: Promise<void> = Promise.resolve();
  #error: FozError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(parts: OutboxParts, owned: Ownership, start: ChangePosition, left: readonly Batch[]) {
    this.#parts = parts;
    this.#owned = owned;
    this.start = start;
    this.#left = [...left];
    this.#unsettled = [...left];
  }

  /**
   * Takes the outbox, and begins with the batches that were recorded and not acknowledged; those up to `after` count as acknowledged.
   * Rejects with FozError: `conflict` when another reader has the outbox, `not-found` when changes after the position were deleted.
   */
  static async open(parts: OutboxParts, { after }: FollowOptions): Promise<OutboxStream> {
    const owned = await parts.own();
    try {
      const recorded = (await run(parts, parts.statements.reads, [])).map(
        ([number, ids]): Batch => ({ number: BigInt(String(number)), ranges: parseRanges(String(ids)) }),
      );
      const left = recorded.filter(({ ranges }) => ranges.length > 0);
      const before = (left[0]?.number ?? (recorded.at(-1)?.number ?? 0n) + 1n) - 1n;
      const end = left.at(-1)?.number ?? before;
      const stream = new OutboxStream(parts, owned, positionOf(before), left);
      if (after !== undefined) {
        if (after < positionOf(before) || after > positionOf(end)) throw gone();
        stream.acknowledge(after);
        await stream.#settling;
        stream.#left.splice(0, stream.#left.length, ...stream.#unsettled);
      }
      return stream;
    } catch (error) {
      await owned.release();
      throw error;
    }
  }

  async next(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    for (;;) {
      if (this.#error !== null) throw this.#error;
      if (signal.aborted) throw streamNotAwaited();
      if (this.#reader === null) {
        const batch = this.#left.shift() ?? (await this.#newBatch());
        if (batch === null) {
          await this.#owned.wait(signal);
          continue;
        }
        this.#reader = new BatchReader(batch, this.#parts);
      }
      const messages = await this.#reader.page();
      if (this.#reader.isOver) this.#reader = null;
      if (messages.length > 0) return messages;
    }
  }

  acknowledge(position: ChangePosition): void {
    const done = this.#unsettled.filter(({ number }) => positionOf(number) <= position);
    if (done.length === 0) return;
    this.#unsettled = this.#unsettled.slice(done.length);
    this.#deleting = [...this.#deleting, ...done];
    this.#settling = this.#settling
      .then(async () => {
        await this.#settle(done);
        this.#deleting = this.#deleting.filter((batch) => !done.includes(batch));
      })
      .catch((error: FozError) => {
        // The batches are still recorded, so the next reader gets them again.
        this.#error ??= error;
      });
  }

  close(): Promise<void> {
    this.#error ??= streamClosed();
    this.#closing ??= this.#settling.then(() => this.#owned.release());
    return this.#closing;
  }

  async #newBatch(): Promise<Batch | null> {
    const { visible, record } = this.#parts.statements;
    // Rows that are being deleted may still be visible.
    const taken = sortedRanges([...this.#unsettled, ...this.#deleting].flatMap(({ ranges }) => ranges));
    const skipped = taken.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
    const rows = await run(this.#parts, visible, [String(BigInt(batchRows) + skipped)]);
    const seen = rows.map(([first, last]) => ({ first: BigInt(String(first)), last: BigInt(String(last)) }));
    const ranges = without(sortedRanges(seen), taken);
    if (ranges.length === 0) return null;
    const recorded = await result(this.#parts, record, [rangesText(ranges)]);
    const batch = { number: BigInt(String(recorded.rows[0]?.[0] ?? recorded.insertId)), ranges };
    this.#unsettled.push(batch);
    return batch;
  }

  async #settle(done: readonly Batch[]): Promise<void> {
    const { remove, settle, forget } = this.#parts.statements;
    const ranges = sortedRanges(done.flatMap((batch) => batch.ranges));
    for (const part of inParts(ranges, most.rows)) {
      const { statement, values } = remove(part);
      await run(this.#parts, statement, values);
    }
    // The last record stays, so that a new reader continues with the next number.
    const last = String(done.at(-1)!.number);
    await run(this.#parts, settle, [last]);
    await run(this.#parts, forget, [last]);
  }
}

/** Reads the changes of one batch page by page, so that a long batch needs no more memory than a short one. */
class BatchReader {
  readonly #batch: Batch;
  readonly #parts: OutboxParts;
  readonly #decoder: OutboxDecoder;
  /** The ranges of the batch that were not read yet. Rows of later batches may lie between them. */
  readonly #ranges: Range[];
  #hasBegun = false;
  #rows: number = most.rows;

  constructor(batch: Batch, parts: OutboxParts) {
    this.#batch = batch;
    this.#parts = parts;
    this.#decoder = parts.decoder();
    this.#ranges = [...batch.ranges];
  }

  get isOver(): boolean {
    return this.#ranges.length === 0;
  }

  async page(): Promise<readonly ChangeMessage[]> {
    const rows = await this.#next();
    const id = positionOf(this.#batch.number);
    const messages: ChangeMessage[] = [];
    if (!this.#hasBegun) {
      const at = Number(rows[0]?.[1] ?? Date.now());
      messages.push({ kind: 'begin', transaction: String(this.#batch.number), id, at });
      this.#hasBegun = true;
    }
    for (const [, , namespace, name, op, columns, before, after] of rows) {
      const table = { namespace: text(namespace), name: String(name) };
      const row = {
        table,
        op: String(op),
        columns: String(columns),
        old: stored(before),
        new: stored(after),
      };
      messages.push(...this.#decoder.messages(row));
    }
    if (this.isOver) messages.push({ kind: 'commit', position: id });
    return messages;
  }

  /** The next rows of the batch. A page with too many bytes is read again with fewer rows. */
  async #next(): Promise<RunResult['rows']> {
    const [first, last] = [this.#ranges[0], this.#ranges.at(-1)];
    if (first === undefined || last === undefined) return [];
    try {
      const limit = this.#rows === 1 ? null : most.bytes;
      const values = [String(first.first), String(last.last), String(this.#rows)];
      const rows = await run(this.#parts, this.#parts.statements.page, values, limit);
      const end = rows.length < this.#rows ? last.last : BigInt(String(rows.at(-1)![0]));
      this.#rows = Math.min(most.rows, this.#rows * 2);
      return this.#taken(rows, end);
    } catch (error) {
      if (!(error instanceof FozError) || error.code !== 'limit-exceeded' || this.#rows === 1) throw error;
      this.#rows = Math.ceil(this.#rows / 10);
      return this.#next();
    }
  }

  /** Selects the rows that belong to the batch. `end`: the last id that was read. */
  #taken(rows: RunResult['rows'], end: bigint): RunResult['rows'] {
    let at = 0;
    const taken = rows.filter(([id]) => {
      const number = BigInt(String(id));
      while (this.#ranges[at] !== undefined && this.#ranges[at]!.last < number) at++;
      return this.#ranges[at] !== undefined && this.#ranges[at]!.first <= number;
    });
    while (this.#ranges[0] !== undefined && this.#ranges[0].last <= end) this.#ranges.shift();
    const [first] = this.#ranges;
    if (first !== undefined && first.first <= end) this.#ranges[0] = { first: end + 1n, last: first.last };
    return taken;
  }
}

function positionOf(number: bigint): ChangePosition {
  return String(number).padStart(digits, '0');
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function stored(value: unknown): string | Buffer | null {
  return Buffer.isBuffer(value) ? value : text(value);
}

function gone(): FozError {
  return new FozError(
    'not-found',
    'The outbox of the database no longer has the changes after the position.',
  );
}

async function run(
  parts: OutboxParts,
  statement: Statement,
  values: readonly string[],
  mostBytes: number | null = null,
): Promise<RunResult['rows']> {
  return (await result(parts, statement, values, mostBytes)).rows;
}

function result(
  { driver }: OutboxParts,
  statement: Statement,
  values: readonly string[],
  mostBytes: number | null = null,
): Promise<RunResult> {
  return driver.run(statement, values, { signal: never, timeoutMs: null, held: new HeldBytes(mostBytes) });
}
