import { mostImageBytes, outboxName, unseenOp } from '../../../sql/index.ts';

/** A table for which triggers are made. */
export interface TriggeredTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Its primary key and unique keys over columns, not over expressions. */
  readonly keys: readonly (readonly string[])[];
  /** The columns that identify a row: its primary key, or a name of the rowid. */
  readonly identity: readonly string[];
  readonly encoding: Encoding;
}

/** The encoding of the texts of a database, as SQLite spells it. */
export type Encoding = keyof typeof markers;
/** The letters before the bytes of a text. */
const markers = { 'UTF-8': 'T', 'UTF-16le': 'U', 'UTF-16be': 'V' } as const;

/** A trigger with its statement, spelled as `sqlite_schema` returns it: SQLite stores `CREATE TRIGGER` in capitals. */
export interface Trigger {
  readonly name: string;
  readonly statement: string;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
/** Milliseconds since 1970. Only functions of old SQLite versions are used: the trigger runs in the program that writes. */
const now = `cast((julianday('now') - 2440587.5) * 86400000.0 as integer)`;

/**
 * The triggers that store changes of a table in the outbox. Besides the rows that are inserted, updated and deleted, they store the rows
 * that INSERT or UPDATE OR REPLACE may delete: SQLite fires no trigger for those unless the writer asks for it.
 */
export function triggersFor(table: TriggeredTable): Trigger[] {
  const store = (op: string, old: string, after: string) =>
    `insert into ${outboxName} (at, name, op, columns, old, new) values (${[
      now,
      literal(table.name),
      literal(op),
      literal(JSON.stringify(table.columns)),
      old,
      after,
    ].join(', ')});`;
  const [before, after] = [imageOf('old', table), imageOf('new', table)];
  const plain = (['insert', 'update', 'delete'] as const).map((op) =>
    trigger(
      table,
      `after ${op}`,
      store(op, op === 'insert' ? 'null' : before, op === 'delete' ? 'null' : after),
    ),
  );
  return [...plain, ...replacing(table)];
}

/** Stores that changes of a table were not stored. */
export function unseenOf(name: string): string {
  return `insert into ${outboxName} (at, name, op, columns) values (${now}, ${literal(name)}, '${unseenOp}', '[]')`;
}

/** The trigger's name shows its event and table. */
function trigger({ name }: TriggeredTable, event: string, body: string, of = ''): Trigger {
  const own = `${outboxName} ${event} ${name}`;
  return {
    name: own,
    statement: `CREATE TRIGGER ${quoted(own)} ${event}${of} on ${quoted(name)} begin ${body} end`,
  };
}

/** Triggers that store the rows that conflict with the row to be written. The reader finds out whether they were replaced. */
function replacing(table: TriggeredTable): Trigger[] {
  const { name, keys, identity } = table;
  if (keys.length === 0) return [];
  const conflicts = keys
    .map((key) => `(${key.map((column) => `r.${quoted(column)} = new.${quoted(column)}`).join(' and ')})`)
    .join(' or ');
  const other = identity.map((column) => `r.${quoted(column)} is not old.${quoted(column)}`).join(' or ');
  const store = (where: string) =>
    `insert into ${outboxName} (at, name, op, columns, old, new) select ${[
      now,
      literal(name),
      `'replaced'`,
      literal(JSON.stringify(table.columns)),
      imageOf('r', table),
      imageOf('new', table),
    ].join(', ')} from ${quoted(name)} r where ${where};`;
  const columns = [...new Set(keys.flat())].map(quoted).join(', ');
  return [
    trigger(table, 'before insert', store(conflicts)),
    trigger(table, 'before update', store(`(${conflicts}) and (${other})`), ` of ${columns}`),
  ];
}

/**
 * The image of a row; NULL if its values have more than `mostImageBytes`. A write must not fail because its row cannot be stored: texts end
 * at 1 GB, and literals are up to twice as long as their values.
 */
function imageOf(row: string, table: TriggeredTable): string {
  const bytes = table.columns.map((column) => `ifnull(length(cast(${row}.${quoted(column)} as blob)), 0)`);
  return `case when ${balanced(bytes, ' + ', '0')} <= ${mostImageBytes} then ${literalsOf(row, table)} end`;
}

/** The values of a row as SQL literals, with commas between them. `quote` stops at NUL, so a text with one is stored as a letter for the encoding and its bytes. */
function literalsOf(row: string, { columns, encoding }: TriggeredTable): string {
  return balanced(
    columns.map((column) => {
      const value = `${row}.${quoted(column)}`;
      return `case when typeof(${value}) = 'text' and instr(${value}, char(0)) then '${markers[encoding]}' || hex(${value}) else quote(${value}) end`;
    }),
    ` || ',' || `,
    `''`,
  );
}

/** Joins expressions in pairs: SQLite bounds the depth of an expression, and a table has up to 2,000 columns. */
function balanced(expressions: readonly string[], operator: string, none: string): string {
  if (expressions.length === 0) return none;
  if (expressions.length === 1) return expressions[0]!;
  const middle = expressions.length >> 1;
  const half = (some: readonly string[]) => balanced(some, operator, none);
  return `(${half(expressions.slice(0, middle))}${operator}${half(expressions.slice(middle))})`;
}
