import type { Column, Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { type Insert, isAlways, type Param } from '../../plan/index.ts';
import { placing } from '../failures.ts';
import { type Row, type Stored, unknownKey } from './returning.ts';
import { insertRows } from './rows.ts';
import { constant, keyColumns, type WriteSession, type WrittenRows } from './session.ts';
import type { Tuple } from './stage.ts';
import { isOneStatement } from './upsert.ts';

/** The result of an insert: the key of each given row (`null`: the row was not written), and the number of written rows. */
export interface Inserted {
  readonly keys: readonly (Tuple | null)[];
  readonly affected: number;
}

/** Inserts rows with all nested rows: first the rows that they refer to, last the rows that refer to them. */
export async function runInsert(session: WriteSession, insert: Insert, wanted: boolean): Promise<Inserted> {
  const { values, affected } = await insertAll(session, insert, wanted);
  const key = wanted ? keyColumns(insert.table) : [];
  return {
    affected,
    keys: values.map((row) => (row === null ? null : keyOf(insert.table, key, row))),
  };
}

async function insertAll(
  session: WriteSession,
  insert: Insert,
  wanted: boolean,
  extra: readonly ReadonlyMap<Column, Param>[] = [],
  also: readonly Column[] = [],
): Promise<{ readonly values: readonly (Row | null)[]; readonly affected: number }> {
  let affected = 0;
  const rows: Map<Column, Param>[] = [];
  for (const [index, row] of insert.rows.entries()) {
    const cells = new Map([...row.cells, ...withoutPresets(insert, extra[index] ?? [])]);
    for (const { relationship, insert: parent } of row.before) {
      const targets = relationship.mapping.map((pair) => pair.to);
      const inserted = await session.within(`${relationship.name}, which a row refers to`, () =>
        insertAll(session, parent, false, [], targets),
      );
      affected += inserted.affected;
      const found = inserted.values[0];
      if (found === null || found === undefined) throw skippedParent(relationship.name, parent.path);
      const referring = relationship.mapping.map(
        ({ from, to }) =>
          [from, constant(from, referred(found, to, relationship.name, parent.path), parent.path)] as const,
      );
      for (const [column, value] of withoutPresets(insert, referring)) cells.set(column, value);
    }
    rows.push(cells);
  }
  const needed = neededColumns(insert, wanted, also);
  const isReferred = also.length > 0 || insert.rows.some(({ after }) => after.length > 0);
  const stored = await placing(insert.path, () => insertRows(session, insert, rows, { needed, isReferred }));
  const values = stored.map((one) => one?.values ?? null);
  affected += values.filter((row) => row !== null).length;
  await enforce(session, insert, stored);
  for (const { relationship, inserts } of childrenOf(insert))
    affected += await insertChildren(session, relationship, inserts, values);
  return { values, affected };
}

/** The foreign key values from parent and nested rows, without columns that the permission presets. */
function withoutPresets(
  insert: Insert,
  cells: Iterable<readonly [Column, Param]>,
): (readonly [Column, Param])[] {
  return [...cells].filter(([column]) => !insert.presets.has(column));
}

function skippedParent(name: string, path: string): FozError {
  return new FozError(
    'constraint-violation',
    `${name}: the row that another one is to refer to was not written: on_conflict left the existing row alone (name update_columns, or give the key itself), or a trigger of the database skipped it.`,
    { path },
  );
}

/** The value that a nested row refers to. Throws where it is unknown: the nested row would refer to no row, or to a wrong one. */
function referred(row: Row, column: Column, name: string, path: string): unknown {
  const value = row.get(column);
  if (value !== null && value !== undefined) return value;
  throw new FozError(
    'constraint-violation',
    `${name}: ${column.name} of the row that another one is to refer to is null, or the database does not tell it: give its value.`,
    { path },
  );
}

/** The key of a written row, as the database returned it. An INSTEAD OF trigger may return none. */
function keyOf(table: Table, key: readonly Column[], row: Row): Tuple {
  const tuple = key.map((column) => row.get(column));
  if (tuple.some((value) => value === null || value === undefined)) throw unknownKey(table);
  return tuple;
}

/** Columns whose written values are needed: the key (for the answer and for checks), and the columns that nested rows refer to. */
function neededColumns(insert: Insert, wanted: boolean, also: readonly Column[]): Column[] {
  const columns = new Set<Column>(also);
  if (wanted || isChecked(insert)) for (const column of keyColumns(insert.table)) columns.add(column);
  for (const row of insert.rows)
    for (const { relationship } of row.after) for (const pair of relationship.mapping) columns.add(pair.from);
  return [...columns];
}

type Child = Insert['rows'][number]['after'][number];

/** Nested rows of all parents, by relationship. */
function childrenOf(
  insert: Insert,
): { relationship: Child['relationship']; inserts: { parent: number; insert: Insert }[] }[] {
  const groups = new Map<Child['relationship'], { parent: number; insert: Insert }[]>();
  for (const [parent, row] of insert.rows.entries()) {
    for (const { relationship, insert: child } of row.after) {
      const group = groups.get(relationship);
      if (group === undefined) groups.set(relationship, [{ parent, insert: child }]);
      else group.push({ parent, insert: child });
    }
  }
  return [...groups].map(([relationship, inserts]) => ({ relationship, inserts }));
}

async function insertChildren(
  session: WriteSession,
  relationship: Child['relationship'],
  inserts: readonly { parent: number; insert: Insert }[],
  parents: readonly (Row | null)[],
): Promise<number> {
  let affected = 0;
  for (const { parent, insert } of inserts) {
    const row = parents[parent];
    if (row === null || row === undefined) throw skippedParent(relationship.name, insert.path);
    const cells = new Map(
      relationship.mapping.map(
        (pair) =>
          [
            pair.to,
            constant(pair.to, referred(row, pair.from, relationship.name, insert.path), insert.path),
          ] as const,
      ),
    );
    refuseGiven(insert, relationship);
    const extra = insert.rows.map(() => cells);
    const inserted = await session.within(`${relationship.name}, nested in a row`, () =>
      insertAll(session, insert, false, extra),
    );
    affected += inserted.affected;
  }
  return affected;
}

function refuseGiven(insert: Insert, relationship: Child['relationship']): void {
  for (const row of insert.rows) {
    const given = relationship.mapping.find(({ to }) => row.cells.has(to) && !insert.presets.has(to));
    if (given !== undefined) {
      throw new FozError(
        'validation-failed',
        `${given.to.name} is decided by the row around it: leave it out.`,
        { path: row.path },
      );
    }
  }
}

function isChecked({ check, changedCheck, validations }: Insert): boolean {
  return !isAlways(check) || !isAlways(changedCheck ?? check) || validations.length > 0;
}

/** Throws, and so rolls the transaction back, where a written row breaks a check of the role or a rule of its table. */
async function enforce(
  session: WriteSession,
  insert: Insert,
  stored: readonly (Stored | null)[],
): Promise<void> {
  if (!isChecked(insert)) return;
  const { check, changedCheck, validations, table, path, onConflict } = insert;
  const key = keyColumns(table);
  const written = stored.filter((one) => one !== null);
  const rowsOf = (rows: WrittenRows['rows'], stored: readonly Stored[]) => {
    const tuples = stored.map(({ values }) => keyOf(table, key, values));
    return { table, tuples, rows };
  };
  const [fresh, changed] = [false, true].map((is) => written.filter((one) => one.changed === is));
  const isKnown =
    onConflict === null || changedCheck !== null || !isOneStatement(session, insert, onConflict);
  await session.check(rowsOf(isKnown ? 'new' : 'written', fresh!), check, path);
  await session.check(rowsOf('changed', changed!), changedCheck ?? check, path);
  await session.validate(rowsOf('written', written), validations, path);
}
