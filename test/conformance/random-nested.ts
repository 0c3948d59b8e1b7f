import type { BoolExp, TableMetadata } from '../../src/catalog/index.ts';
import type { Dice } from './dice.ts';
import {
  type Presets,
  passes,
  presetsIn,
  type Related,
  type Row,
  randomRule,
  type Truth,
  type Value,
} from './random-writes.ts';

/** Three tables in a chain, random permissions of a role on them, and a reference in memory for inserts of nested rows. */

export const tables = {
  shelves: { columns: ['id', 'owner', 'note'], object: null, array: { name: 'boxes', table: 'boxes' } },
  boxes: {
    columns: ['id', 'shelf_id', 'owner', 'note'],
    object: { name: 'shelf', table: 'shelves', column: 'shelf_id' },
    array: { name: 'things', table: 'things' },
  },
  things: {
    columns: ['id', 'box_id', 'owner', 'note'],
    object: { name: 'box', table: 'boxes', column: 'box_id' },
    array: null,
  },
} as const;
export type TableName = keyof typeof tables;
export const tableNames = Object.keys(tables) as TableName[];
export type Stored = Readonly<Record<TableName, readonly Row[]>>;

/** What the role may do with one table, in words of the metadata. */
export interface TableRole {
  readonly select: { readonly columns: readonly string[]; readonly filter: BoolExp; readonly masks: Masks };
  readonly insert: { readonly columns: readonly string[]; readonly check: BoolExp; readonly set: Presets };
  readonly update: {
    readonly columns: readonly string[];
    readonly filter: BoolExp;
    readonly check: BoolExp | null;
    readonly set: Presets;
  };
  readonly validation: BoolExp | null;
}
type Masks = Readonly<Record<string, BoolExp>>;
export type NestedRole = Readonly<Record<TableName, TableRole>>;

export function randomNestedRole(dice: Dice): NestedRole {
  const one = (table: TableName): [TableName, TableRole] => [table, randomTableRole(dice, table)];
  return Object.fromEntries(tableNames.map(one)) as unknown as NestedRole;
}

function randomTableRole(dice: Dice, table: TableName): TableRole {
  const { columns } = tables[table];
  const others = columns.slice(1);
  const rule = () => (dice.chance(50) ? {} : randomRelatedRule(dice, table));
  const presets = (): Presets =>
    Object.fromEntries(dice.some(others, 0, 1).map((name) => [name, presetOf(dice, name)]));
  const read = ['id', ...dice.some(others, 0, 3)];
  return {
    select: {
      columns: read,
      filter: rule(),
      masks: Object.fromEntries(
        dice.some(read.slice(1), 0, 1).map((name) => [name, randomRelatedRule(dice, table)]),
      ),
    },
    insert: { columns: ['id', ...dice.some(others, 1, 3)], check: rule(), set: presets() },
    update: {
      columns: dice.some(others, 1, 3),
      filter: rule(),
      check: dice.chance(50) ? null : rule(),
      set: presets(),
    },
    validation: dice.chance(85) ? null : randomRelatedRule(dice, table),
  };
}

function presetOf(dice: Dice, name: string): Value {
  if (name === 'note') return dice.chance(50) ? 'X-Foz-Word' : 'c';
  return dice.chance(50) ? 'X-Foz-User' : 1 + dice.whole(3);
}

/** Sometimes a condition on the referenced row. */
function randomRelatedRule(dice: Dice, table: TableName): BoolExp {
  const { object, columns } = tables[table];
  if (object === null || !dice.chance(35)) return randomRule(dice, columns, 1);
  const inside = { [object.name]: dice.chance(20) ? {} : randomRelatedRule(dice, object.table) };
  return dice.chance(30) ? { _not: inside } : inside;
}

export function metadataOf(role: string, given: NestedRole): TableMetadata[] {
  return tableNames.map((table) => {
    const { select, insert, update, validation } = given[table];
    return {
      source: 'shop',
      table,
      select_permissions: [{ role, permission: select }],
      insert_permissions: [{ role, permission: insert }],
      update_permissions: [{ role, permission: update }],
      ...(validation === null ? {} : { validations: [{ check: validation, message: 'not valid' }] }),
    };
  });
}

/** Rows to insert together; `update`: columns that on_conflict changes, `null`: no such clause. */
export interface NestedInsert {
  readonly table: TableName;
  readonly rows: readonly NestedRow[];
  readonly update: readonly string[] | null;
}
export interface NestedRow {
  readonly values: Row;
  readonly object: NestedInsert | null;
  readonly array: NestedInsert | null;
}

/** The tables afterwards with the rows at the top, or the code of the error. */
export type NestedOutcome =
  | { readonly code: string }
  | { readonly stored: Stored; readonly affected: number; readonly top: readonly Row[] };

class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Inserts in memory: referenced rows first, referring rows last, with the rules of each table checked on the way. */
export function inserted(role: NestedRole, before: Stored, insert: NestedInsert): NestedOutcome {
  const run = new Run(role, before);
  try {
    const rows = run.insert(insert, {}).filter((row) => row !== null);
    const top = rows.map(({ id }) => run.seen(insert.table, run.find(insert.table, id!)!));
    return { stored: run.stored, affected: run.affected, top: top.filter((row) => row !== null) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { code: error.code };
  }
}

class Run {
  affected = 0;
  readonly stored: Record<TableName, Row[]>;
  readonly #role: NestedRole;

  constructor(role: NestedRole, before: Stored) {
    this.#role = role;
    const copy = (table: TableName) => [table, [...before[table]]];
    this.stored = Object.fromEntries(tableNames.map(copy)) as Record<TableName, Row[]>;
  }

  find(table: TableName, id: Value): Row | undefined {
    return this.stored[table].find((row) => row.id === id);
  }

  /** A row as the role sees it; `null`: the row is hidden. */
  seen(table: TableName, row: Row): Row | null {
    const { columns, filter, masks } = this.#role[table].select;
    if (this.#passes(table, filter, row) !== true) return null;
    const value = (name: string) =>
      masks[name] === undefined || this.#passes(table, masks[name], row) === true ? row[name]! : null;
    return Object.fromEntries(columns.map((name) => [name, value(name)]));
  }

  /** `around`: values that the parent row determines. Rows that on_conflict does not change are null. */
  insert({ table, rows, update }: NestedInsert, around: Row): (Row | null)[] {
    const { insert } = this.#role[table];
    const fixed = presetsIn(insert.set);
    const nothing = Object.fromEntries(tables[table].columns.map((name) => [name, null]));
    const whole = rows.map(({ values, object }): Row => {
      const referring = object === null ? {} : this.#before(table, object);
      return { ...nothing, ...values, ...around, ...referring, ...fixed };
    });
    const written = whole.map((row) => this.#write(table, row, update));
    this.#enforce(table, written);
    for (const [at, { array }] of rows.entries()) {
      if (array === null) continue;
      const { row } = written[at]!;
      if (row === null) throw new Refused('constraint-violation');
      this.insert(array, { [tables[array.table].object!.column]: row.id! });
    }
    return written.map(({ row }) => row);
  }

  #before(table: TableName, object: NestedInsert): Row {
    const [row] = this.insert(object, {});
    if (row === null || row === undefined) throw new Refused('constraint-violation');
    return { [tables[table].object!.column]: row.id! };
  }

  #write(table: TableName, row: Row, update: readonly string[] | null): { row: Row | null; isNew: boolean } {
    const there = this.find(table, row.id!);
    if (there === undefined) {
      this.#refer(table, row);
      this.stored[table].push(row);
      this.affected++;
      return { row, isNew: true };
    }
    if (update === null) throw new Refused('constraint-violation');
    if (update.length === 0 || !this.#mayReplace(table, there)) return { row: null, isNew: false };
    const taken = Object.fromEntries(update.map((name) => [name, row[name]!]));
    const changed = { ...there, ...taken, ...presetsIn(this.#role[table].update.set) };
    this.#refer(table, changed);
    this.stored[table][this.stored[table].indexOf(there)] = changed;
    this.affected++;
    return { row: changed, isNew: false };
  }

  #mayReplace(table: TableName, row: Row): boolean {
    return (
      this.seen(table, row) !== null && this.#passes(table, this.#role[table].update.filter, row) === true
    );
  }

  /** The row that a foreign key refers to must exist. */
  #refer(table: TableName, row: Row): void {
    const { object } = tables[table];
    if (object === null || row[object.column] === null) return;
    if (this.find(object.table, row[object.column]!) === undefined) throw new Refused('constraint-violation');
  }

  #enforce(table: TableName, written: readonly { row: Row | null; isNew: boolean }[]): void {
    const { insert, update, validation } = this.#role[table];
    const own = update.check !== null && Object.keys(update.check).length > 0;
    const fails = ({ row, isNew }: { row: Row | null; isNew: boolean }, rule: BoolExp | null) =>
      row !== null && this.#passes(table, (isNew || rule !== null ? rule : null) ?? {}, row) !== true;
    const ofChanged = own ? update.check! : insert.check;
    if (written.some((one) => fails(one, one.isNew ? insert.check : ofChanged)))
      throw new Refused('permission-error');
    if (written.some((one) => fails(one, validation))) throw new Refused('data-exception');
  }

  #passes(table: TableName, rule: BoolExp, row: Row): Truth {
    const { object } = tables[table];
    const related: Related = (name, from) => {
      if (object === null || name !== object.name) return undefined;
      const to = this.find(object.table, from[object.column]!);
      return (inside) => to !== undefined && this.#passes(object.table, inside, to) === true;
    };
    return passes(rule, row, related);
  }
}
