import type { Column, Scalar, Table, ValueType } from '../../catalog/index.ts';
import type { Savepoint } from '../../plan/index.ts';
import {
  type ConflictParts,
  type InsertParts,
  type Sql,
  sql,
  type WriteSpelling,
  type WrittenRows,
} from '../../sql/index.ts';
import { standard } from './clauses.ts';
import { inCodePage } from './compare.ts';
import { digitsOf, isCodePage, nativeOf } from './types.ts';

/*
 * A write is a batch. Its rows go by OUTPUT INTO to a table variable, from which the last statement selects them: OUTPUT without INTO is refused
 * where the table has triggers ("OUTPUT clause", error 334), also where they are newer than the catalog. A write that returns no rows selects
 * the number of rows, since the server's own counts include those of triggers.
 */

/** The name of the column in which a batch tells how many rows it has written. */
export const affectedName = 'foz_affected';

/** "SAVE TRANSACTION": a savepoint of the same name replaces the earlier one, and none is released. */
export const savepoint: Savepoint = {
  set: { text: 'save transaction foz_attempt', slots: [] },
  undo: { text: 'rollback transaction foz_attempt', slots: [] },
  release: null,
};

const identityOn = /set (identity_insert (?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*") on;/;

/** The statement that ends IDENTITY_INSERT; `null`: the batch does not begin it. */
export function identityOff(text: string): string | null {
  const option = identityOn.exec(text)?.[1];
  return option === undefined ? null : `set ${option} off`;
}

/** Whether the row existed before the upsert. */
export const changedRow = sql`"changed"`;

const { name, table: tableName } = standard;
const held = (at: number) => sql`"c${sql.integer(at)}"`;

export const writes: WriteSpelling = {
  returned: (_column, at) => held(at),
  // As the server rounds decimals for their column, said also to servers that would keep all digits of the expression.
  value: ({ type }, expression) =>
    type.scalar === 'numeric' ? sql`round(${expression}, ${sql.integer(digitsOf(type).scale)})` : expression,
  insert: (parts) => {
    const write = new Batch(parts, parts.reportsChanged);
    if (parts.conflict !== null) for (const row of parts.rows) write.addUpsert(parts, parts.conflict, row);
    // The order of the rows of OUTPUT is that of no statement ("OUTPUT clause", remarks), so each row has a statement of its own.
    else if (write.isReturning) for (const row of parts.rows) write.addInsert(parts, [row]);
    else write.addInsert(parts, parts.rows);
    return write.text(parts.conflict !== null);
  },
  update: (parts) => {
    const write = new Batch(parts);
    write.add(
      sql`update ${tableName(parts.table)} set ${parts.set}${write.output('inserted')}${parts.where}`,
    );
    return write.text();
  },
  delete: (parts) => {
    const write = new Batch(parts);
    write.add(sql`delete from ${tableName(parts.table)}${write.output('deleted')}${parts.where}`);
    return write.text();
  },
};

/** The statements of one write. */
class Batch {
  readonly #statements: Sql[] = [];
  readonly #written: WrittenRows;
  readonly #reportsChanged: boolean;

  constructor(written: WrittenRows, reportsChanged = false) {
    this.#written = written;
    this.#reportsChanged = reportsChanged;
  }

  get isReturning(): boolean {
    return !this.#written.list.isEmpty;
  }

  /** The clause that keeps the written rows; nothing where none are returned. */
  output(of: 'inserted' | 'deleted', changed = false): Sql {
    if (!this.isReturning) return sql.empty;
    return sql` output ${this.#values(sql.nativeType(of), changed)} into @written (${this.#names()})`;
  }

  #names(): Sql {
    const names = this.#written.columns.map((_, at) => held(at));
    return sql.join(this.#reportsChanged ? [changedRow, ...names] : names);
  }

  #values(row: Sql, changed: boolean): Sql {
    const values = this.#written.columns.map((column) => sql`${row}.${name(column.name)}`);
    return sql.join(this.#reportsChanged ? [changed ? sql`1` : sql`0`, ...values] : values);
  }

  /** Adds a statement that writes rows. */
  add(statement: Sql): void {
    this.#statements.push(this.#counted(statement));
  }

  #counted(statement: Sql): Sql {
    return this.isReturning ? statement : sql`${statement}; set @rows = @rows + @@rowcount`;
  }

  addInsert(parts: InsertParts, rows: InsertParts['rows']): void {
    this.#statements.push(this.#insert(parts, rows));
  }

  #insert({ table, into }: InsertParts, rows: InsertParts['rows']): Sql {
    const target = tableName(table);
    const identity = into.findIndex((column) => column.identity !== null);
    const given = identity < 0 ? null : rows[0]![identity];
    const isGiven = given !== null && given !== undefined;
    const output = isGiven ? sql.empty : this.output('inserted');
    const statement = this.#counted(sql`insert into ${target}${inserted(table, into, rows, output)}`);
    if (!isGiven) return statement;
    // The row is read by the number that it was given.
    const kept = this.isReturning
      ? sql`; insert into @written (${this.#names()}) select ${this.#values(target, false)} from ${target} where ${target}.${name(into[identity]!.name)} = ${given}`
      : sql.empty;
    return sql`set identity_insert ${target} on; ${statement}; set identity_insert ${target} off${kept}`;
  }

  /**
   * An update of the row with the key, or an insert where there is none. UPDLOCK and SERIALIZABLE lock the key, or the gap where it would be,
   * until the end of the transaction, so that no other upsert of it comes in between.
   */
  addUpsert(parts: InsertParts, conflict: ConflictParts, row: InsertParts['rows'][number]): void {
    const { table, into } = parts;
    const target = tableName(table);
    const cellOf = (column: Column) => row[into.indexOf(column)] ?? null;
    const insert = this.#insert(parts, [row]);
    const key = conflict.key?.columns ?? [];
    // A key that the database makes up is new.
    const isKnown = key.length > 0 && key.every((column) => cellOf(column) !== null);
    if (!isKnown) return void this.#statements.push(insert);
    const same = sql.join(
      key.map((column) => keyMatches(sql`${target}.${name(column.name)}`, column, cellOf(column)!)),
      sql` and `,
    );
    const exists = sql`exists (select 1 from ${target} with (updlock, serializable) where ${same})`;
    const set = [
      // The identity cannot be set ("UPDATE", error 8102). As part of the key it is the same.
      ...conflict.update
        .filter((column) => column.identity === null || !key.includes(column))
        .map((column) => sql`${name(column.name)} = ${cellOf(column) ?? sql`default`}`),
      ...conflict.assignments,
    ];
    if (set.length === 0) return void this.#statements.push(sql`if not ${exists} begin ${insert}; end`);
    const condition = conflict.condition === null ? sql.empty : sql` and (${conflict.condition})`;
    const update = this.#counted(
      sql`update ${target} set ${sql.join(set)}${this.output('inserted', true)} where ${same}${condition}`,
    );
    this.#statements.push(sql`if ${exists} begin ${update}; end else begin ${insert}; end`);
  }

  /** `isWhole`: the statements are in a transaction, as several ones are in any case. An error ends them all. */
  text(isWhole = false): Sql {
    const body = sql.join(this.#statements, sql`; `);
    const whole =
      isWhole || this.#statements.length > 1
        ? sql`set xact_abort on; begin transaction; ${body}; commit`
        : body;
    if (!this.isReturning)
      return sql`set nocount on; declare @rows int = 0; ${whole}; select @rows as ${name(affectedName)}`;
    const columns = this.#written.columns.map((column, at) => sql`${held(at)} ${heldType(column.type)}`);
    const changed = this.#reportsChanged ? [sql`"changed" int`] : [];
    return sql`set nocount on; declare @written table (${sql.join([sql`"n" int identity`, ...changed, ...columns])}); ${whole}; select ${this.#written.list} from @written order by "n"`;
  }
}

/** Columns and rows of an INSERT with its OUTPUT. */
function inserted(table: Table, into: readonly Column[], rows: InsertParts['rows'], output: Sql): Sql {
  if (into.length > 0) {
    const columns = sql.join(into.map((column) => name(column.name)));
    const values = rows.map((cells) => sql`(${sql.join(cells.map((cell) => cell ?? sql`default`))})`);
    return sql` (${columns})${output} values ${sql.join(values)}`;
  }
  const free = table.columns.find((column) => column.identity === null && !column.generated);
  return free === undefined
    ? sql`${output} default values`
    : sql` (${name(free.name)})${output} values (default)`;
}

/** Whether a key column holds the value as it would be stored. To a unique key all NULLs are the same value. */
function keyMatches(column: Sql, { type, nullable }: Column, cell: Sql): Sql {
  const equals = sql`${column} = ${stored(cell, type)}`;
  // Characters that the code page lacks become other ones.
  const whole = isCodePage(type) ? sql`(${equals} and ${column} = ${cell})` : equals;
  return nullable ? sql`(${whole} or ${column} is null and ${cell} is null)` : whole;
}

/** Scalars whose values the columns may round. */
const rounded: ReadonlySet<Scalar> = new Set(['time', 'timestamp', 'timestamptz']);

/** A value as its column holds it. Texts are in the code page of the column, so that an index serves. */
function stored(cell: Sql, type: ValueType): Sql {
  if (isCodePage(type)) return inCodePage(cell, type);
  return rounded.has(type.scalar) ? sql`cast(${cell} as ${spelled(type)})` : cell;
}

const spelled = (type: ValueType) => {
  const { name: native, size } = nativeOf(type);
  return sql.nativeType(size === null ? native : `${native}(${size})`);
};

const unicodeTypes: ReadonlySet<string> = new Set(['char', 'varchar', 'nchar', 'nvarchar']);
const heldTypes: Readonly<Record<string, Sql>> = {
  text: sql`nvarchar(max)`,
  ntext: sql`nvarchar(max)`,
  image: sql`varbinary(max)`,
  rowversion: sql`binary(8)`,
  // Without its dimensions the type cannot be declared.
  vector: sql`nvarchar(max)`,
};

/** The type in which a table variable holds values of a column. Texts of all code pages are held as Unicode. */
function heldType(type: ValueType): Sql {
  const { name: native, size } = nativeOf(type);
  if (unicodeTypes.has(native))
    return Number(size) <= 4000 ? sql`nvarchar(${sql.integer(Number(size))})` : sql`nvarchar(max)`;
  return heldTypes[native] ?? spelled(type);
}
