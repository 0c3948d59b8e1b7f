import type { ChangedTable, ChangeMessage, ChangeOp, RowImage } from '../../plan/index.ts';

/** A message of a stream as the log keeps it. `index`: the number of a row among all rows of its transaction. */
export type LogMessage =
  | Exclude<ChangeMessage, { kind: 'row' | 'idle' }>
  | (Extract<ChangeMessage, { kind: 'row' }> & { readonly index: number });

type Value = null | boolean | number | string | readonly [kind: string, text?: string];
type Image = readonly [columns: number, values: readonly Value[]] | null;
type Line =
  | readonly ['b', string, string, number]
  | readonly ['r', number, ChangeOp, number, Image, Image]
  | readonly ['t', readonly number[]]
  | readonly ['c', string]
  | readonly ['x'];

/** A segment: its tables, its lists of columns, and its messages, which name both by their number. */
interface Content {
  readonly tables: readonly (readonly [string | null, string])[];
  readonly columns: readonly (readonly string[])[];
  readonly lines: readonly Line[];
}

/** Writes messages as the text of a segment. */
export function segmentText(messages: readonly LogMessage[]): string {
  const tables = new Numbered(({ namespace, name }: ChangedTable) => [namespace, name] as const);
  const columns = new Numbered((names: readonly string[]) => names);
  const image = (row: RowImage | null): Image =>
    row === null ? null : [columns.of(row.columns), row.values.map(written)];
  const lineOf = (message: LogMessage): Line => {
    switch (message.kind) {
      case 'begin':
        return ['b', message.transaction, message.id, message.at];
      case 'row': {
        const { table, op, index, old, new: after } = message;
        return ['r', tables.of(table), op, index, image(old), image(after)];
      }
      case 'truncate':
        return ['t', message.tables.map((table) => tables.of(table))];
      case 'commit':
        return ['c', message.position];
      case 'touched':
        return ['x'];
    }
  };
  const lines = messages.map(lineOf);
  return JSON.stringify({ tables: tables.all, columns: columns.all, lines } satisfies Content);
}

/** Reads the text of a segment. */
export function messagesOf(text: string): LogMessage[] {
  const content = JSON.parse(text) as Content;
  const tables = content.tables.map(([namespace, name]): ChangedTable => ({ namespace, name }));
  const image = (row: Image): RowImage | null =>
    row === null ? null : { columns: content.columns[row[0]]!, values: row[1].map(valueIn) };
  const messageOf = (line: Line): LogMessage => {
    switch (line[0]) {
      case 'b':
        return { kind: 'begin', transaction: line[1], id: line[2], at: line[3] };
      case 'r': {
        const [, table, op, index, old, after] = line;
        return { kind: 'row', table: tables[table]!, op, index, old: image(old), new: image(after) };
      }
      case 't':
        return { kind: 'truncate', tables: line[1].map((table) => tables[table]!) };
      case 'c':
        return { kind: 'commit', position: line[1] };
      case 'x':
        return { kind: 'touched' };
    }
  };
  return content.lines.map(messageOf);
}

/** Gives numbers to values, the same to the same object or an equal value. */
class Numbered<T extends object, Written> {
  readonly all: Written[] = [];
  readonly #write: (value: T) => Written;
  readonly #byObject = new Map<T, number>();
  readonly #byText = new Map<string, number>();

  constructor(write: (value: T) => Written) {
    this.#write = write;
  }

  of(value: T): number {
    const known = this.#byObject.get(value);
    if (known !== undefined) return known;
    const written = this.#write(value);
    const text = JSON.stringify(written);
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.all.push(written) - 1;
      this.#byText.set(text, number);
    }
    this.#byObject.set(value, number);
    return number;
  }
}

/** Values that JSON lacks are pairs of their kind and a text. */
function written(value: unknown): Value {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : ['number', numberText(value)];
    case 'bigint':
      return ['bigint', String(value)];
    case 'undefined':
      return ['absent'];
    default:
      if (value === null) return null;
      if (Buffer.isBuffer(value)) return ['bytes', value.toString('base64')];
      throw new TypeError(`A value of a change cannot be stored: ${Object.prototype.toString.call(value)}`);
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function valueIn(value: Value): unknown {
  if (!Array.isArray(value)) return value;
  const [kind, text = ''] = value as readonly [string, string?];
  switch (kind) {
    case 'number':
      return Number(text);
    case 'bigint':
      return BigInt(text);
    case 'bytes':
      return Buffer.from(text, 'base64');
    default:
      return undefined;
  }
}
