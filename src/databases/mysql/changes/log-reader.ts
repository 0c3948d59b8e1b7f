import { FozError } from '../../../core/index.ts';
import type { Engine } from '../supported.ts';
import type { BinlogPosition } from './binlog-position.ts';
import { ByteReader } from './byte-reader.ts';
import { mariadbStart, mysqlStart, type TransactionStart, taggedStart } from './gtid-event.ts';
import { inflated, readRows, rowForms, tableOf } from './row-event.ts';
import { presentChange } from './row-versions.ts';
import { type Effect, effectOf } from './statement.ts';
import type { TableLayouts } from './table-layouts.ts';
import type { LogPoint, Transactions } from './transactions.ts';

/** Codes of events. Those of events with rows are in `rowForms`. */
const code = {
  query: 2,
  rotate: 4,
  format: 15,
  xid: 16,
  executeLoad: 18,
  table: 19,
  incident: 26,
  heartbeat: 27,
  gtid: 33,
  anonymous: 34,
  xaPrepare: 38,
  partialRows: 39,
  compressed: 40,
  heartbeat2: 41,
  taggedGtid: 42,
  mariadbGtid: 162,
  compressedQuery: 165,
} as const;

const headerBytes = 19;
const checksumBytes = 4;
/** Set in events that the server makes for this reader, and that are in no file. */
const isArtificial = 0x20;

interface LogOptions {
  readonly engine: Engine;
  readonly place: BinlogPosition;
  readonly layouts: TableLayouts;
  readonly transactions: Transactions;
  /** Whether events have a checksum, before the log's first event states it. */
  readonly hasChecksums: boolean;
  /** Called when tables were created or altered: hidden types (see HiddenTypes) may have changed. */
  readonly altered: () => void;
}

/** The parts of an event: its body, and its header. */
type Handler = (body: Buffer, header: Buffer) => void;

/** Reads the events of a binlog in order. */
export class LogReader {
  readonly #options: LogOptions;
  readonly #handlers: ReadonlyMap<number, Handler>;
  #file = '';
  /** The end of the last event in its file. */
  #offset = 0;
  #hasChecksums: boolean;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#hasChecksums = options.hasChecksums;
    this.#handlers = handlersOf(options, {
      query: (body, header, isCompressed) => this.#query(body, header, isCompressed),
      rotate: (body) => this.#rotate(body),
      end: () => this.#end(),
      from: () => this.#from,
    });
  }

  /** Reads one event. Throws FozError, or RangeError for bytes that are no event. */
  read(event: Buffer): void {
    const kind = event.readUInt8(4);
    if (kind === code.format) this.#hasChecksums = event.readUInt8(event.length - checksumBytes - 1) === 1;
    const end = event.length - (this.#hasChecksums ? checksumBytes : 0);
    const body = event.subarray(headerBytes, end);
    this.#advance(kind, event);
    const form = rowForms.get(kind);
    if (form === undefined) this.#handlers.get(kind)?.(body, event);
    else this.#rows(body, form);
  }

  /** The header has the lowest 32 bits of the offset at which the event ends. */
  #advance(kind: number, header: Buffer): void {
    const next = header.readUInt32LE(13);
    const isMade = (header.readUInt16LE(17) & isArtificial) !== 0;
    if (isMade || next === 0 || kind === code.heartbeat || kind === code.heartbeat2) return;
    const end = this.#offset + header.readUInt32LE(9);
    this.#offset = end % 2 ** 32 === next ? end : next;
  }

  #rotate(body: Buffer): void {
    this.#offset = Number(body.readBigUInt64LE(0));
    this.#file = body.toString('utf8', 8);
    this.#options.place.enter(this.#file, this.#offset);
  }

  get #from(): LogPoint {
    return { file: this.#file, offset: this.#offset };
  }

  #rows(body: Buffer, form: NonNullable<ReturnType<typeof rowForms.get>>): void {
    const { layouts, transactions } = this.#options;
    const described = layouts.of(tableOf(body));
    if (described === null || transactions.isPrepared) return;
    const { table, layout } = described;
    readRows(body, form, layout, (old, after, bytes) => {
      const whole = { op: form.op, old, new: after };
      const change = layout.rowEnd < 0 ? whole : presentChange(whole, layout.rowEnd);
      if (change !== null) transactions.send({ kind: 'row', table, ...change }, bytes);
    });
  }

  #query(body: Buffer, header: Buffer, isCompressed: boolean): void {
    const { statement, namespace } = queryOf(body, isCompressed);
    const { transactions } = this.#options;
    const effect = effectOf(statement, namespace);
    transactions.beginUnlessBegun(this.#from, timeOf(header));
    if (effect.kind === 'begin') transactions.continue();
    else if (effect.kind === 'prepare') transactions.prepare();
    else {
      this.#affect(effect, namespace, statement);
      if (effect.kind === 'commit' || !transactions.isLong) this.#end();
    }
  }

  #affect(effect: Effect, namespace: string | null, statement: string): void {
    const { layouts, transactions, altered } = this.#options;
    if (effect.kind === 'unknown') transactions.send({ kind: 'touched' }, 0);
    if (effect.kind === 'namespace' && layouts.follows(effect.namespace))
      transactions.send({ kind: 'touched' }, 0);
    if (effect.kind === 'tables') {
      const tables = effect.tables.filter(({ namespace }) => layouts.follows(namespace));
      if (tables.length > 0) transactions.send({ kind: 'truncate', tables }, 0);
    }
    const hasChanged = effect.kind === 'tables' || effect.kind === 'altered';
    // A statement names tables outside of the session's namespace with a point.
    if (hasChanged && (layouts.follows(namespace) || statement.includes('.'))) altered();
  }

  #end(): void {
    this.#options.layouts.trim();
    this.#options.transactions.end(this.#offset);
  }
}

/** Milliseconds since 1970. */
function timeOf(header: Buffer): number {
  return header.readUInt32LE(0) * 1000;
}

function queryOf(body: Buffer, isCompressed: boolean) {
  const reader = new ByteReader(body);
  // The number of the session and the duration of the statement.
  reader.skip(8);
  const nameBytes = reader.uint(1);
  // The error of the statement, and variables of its session.
  reader.skip(2);
  reader.skip(reader.uint(2));
  const namespace = reader.text(nameBytes);
  reader.skip(1);
  const rest = reader.take(reader.left);
  const statement = (isCompressed ? inflated(rest) : rest).toString();
  return { statement, namespace: namespace === '' ? null : namespace };
}

/** The handler of each kind of event. Events without a handler are skipped. */
function handlersOf(
  { engine, layouts, place, transactions }: LogOptions,
  own: {
    query(body: Buffer, header: Buffer, isCompressed: boolean): void;
    rotate: Handler;
    end(): void;
    from(): LogPoint;
  },
): ReadonlyMap<number, Handler> {
  const begin = (start: TransactionStart, header: Buffer) =>
    transactions.begin(start, own.from(), timeOf(header), engine === 'mariadb' && !start.isStatement);
  const refuse = (kind: keyof typeof refusals) => () => {
    throw refusals[kind]();
  };
  const idle = () => transactions.idle();
  return new Map<number, Handler>([
    [code.table, (body) => layouts.describe(body)],
    [code.gtid, (body, header) => begin(mysqlStart(body, false), header)],
    [code.anonymous, (body, header) => begin(mysqlStart(body, true), header)],
    [code.taggedGtid, (body, header) => begin(taggedStart(body), header)],
    [code.mariadbGtid, (body, header) => begin(mariadbStart(body, header.readUInt32LE(5)), header)],
    [code.query, (body, header) => own.query(body, header, false)],
    [code.compressedQuery, (body, header) => own.query(body, header, true)],
    [code.executeLoad, () => transactions.send({ kind: 'touched' }, 0)],
    [code.xid, own.end],
    [code.xaPrepare, own.end],
    [code.rotate, own.rotate],
    [code.format, (_, header) => place.check(header.readUInt32LE(0))],
    [code.heartbeat, idle],
    [code.heartbeat2, idle],
    [code.incident, refuse('incident')],
    [code.partialRows, refuse('partialRows')],
    [code.compressed, refuse('compressed')],
  ]);
}

const refusals = {
  incident: () => new FozError('not-found', 'The server reports that its binlog lacks changes.'),
  partialRows: () =>
    new FozError(
      'not-supported',
      'The binlog has parts of JSON documents instead of whole ones: binlog_row_value_options must be empty.',
    ),
  compressed: () =>
    new FozError(
      'not-supported',
      'The binlog has compressed transactions, which cannot be read: binlog_transaction_compression must be OFF.',
    ),
} as const;
