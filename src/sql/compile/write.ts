import type { Column, Table } from '../../catalog/index.ts';
import { FozError, unreachable } from '../../core/index.ts';
import type { Assignment, Compiled, OnConflict, OutputField, Write } from '../../plan/index.ts';
import type { Dialect, WriteSpelling } from '../dialect.ts';
import { render, type Sql, sql } from '../sql.ts';
import { Scope, SelectList } from './scope.ts';
import { compileWhere, whereClause } from './where.ts';
import { columnTypes } from './wire.ts';

/** Compiles one write to the SQL of an engine. Pure. `shape.out` has the returned columns by their database names. */
export function compileWrite(dialect: Dialect, write: Write): Compiled {
  const scope = new Scope(dialect, write.kind === 'insert' ? null : write.table);
  const { writes } = dialect;
  const text = writes === undefined ? spell(scope, write) : sql.empty;
  const list = new SelectList();
  const row = dialect.table(write.table);
  const out = write.returning.map((column, at): OutputField => {
    const name = dialect.name(column.name);
    const expression = writes?.returned(column, at) ?? (write.kind === 'insert' ? name : sql`${row}.${name}`);
    const index = list.add(dialect.flat(expression, column.type), column.name);
    return {
      kind: 'value',
      key: column.name,
      index,
      codec: scope.codec(column.type, write.table.source.numbers),
    };
  });
  const changed =
    write.kind === 'insert' && write.reportsChanged === true
      ? { changed: list.add(offered(dialect.changedRow)) }
      : {};
  const returned = list.columns.length === 0 ? sql.empty : list.render(scope);
  const returning = returned.isEmpty ? sql.empty : sql` returning ${returned}`;
  const whole = writes === undefined ? sql`${text}${returning}` : spellOwn(scope, writes, write, returned);
  return {
    statement: {
      ...render(whole, (position) => dialect.placeholder(position)),
      columns: columnTypes(out),
    },
    shape: { out, parent: null, ...changed },
    absent: null,
  };
}

/** A write in an engine's own spelling. `list`: what it returns. */
function spellOwn(scope: Scope, writes: WriteSpelling, write: Write, list: Sql): Sql {
  const { table, returning: columns } = write;
  const row = scope.dialect.table(table);
  switch (write.kind) {
    case 'insert': {
      const { onConflict, columns: into, reportsChanged = false } = write;
      const rows = write.rows.map((cells) =>
        cells.map((cell, at) =>
          cell === 'default' ? null : writes.value(into[at]!, scope.dialect.bind(cell)),
        ),
      );
      const conflict =
        onConflict === null ? null : { ...onConflict, ...conflictParts(scope, table, onConflict) };
      return writes.insert({ table, columns, list, into, rows, conflict, reportsChanged });
    }
    case 'update': {
      const set = assigned(scope, write, row);
      return writes.update({ table, columns, list, set, where: whereClause(scope, write.where, row) });
    }
    case 'delete':
      return writes.delete({ table, columns, list, where: whereClause(scope, write.where, row) });
    default:
      return unreachable(write);
  }
}

/** Compiles the statement that reads the reported columns of the conflicting row. */
export function compileConflictingRow(dialect: Dialect, table: Table, columns: readonly Column[]): Compiled {
  const scope = new Scope(dialect);
  const list = new SelectList();
  const reportedColumn = offered(dialect.reportedColumn);
  const out = columns.map(
    (column): OutputField => ({
      kind: 'value',
      key: column.name,
      index: list.add(reportedColumn(column)),
      codec: scope.codec(column.type, table.source.numbers),
    }),
  );
  return {
    statement: render(sql`select ${list.render(scope)}`, (position) => dialect.placeholder(position)),
    shape: { out, parent: null },
    absent: null,
  };
}

function offered<T>(spelling: T | undefined): T {
  if (spelling === undefined)
    throw new FozError('unexpected', 'A write asks for what this engine cannot do.');
  return spelling;
}

function spell(scope: Scope, write: Write): Sql {
  switch (write.kind) {
    case 'insert':
      return insert(scope, write);
    case 'update':
      return update(scope, write);
    case 'delete': {
      const row = scope.dialect.table(write.table);
      return sql`delete from ${row}${whereClause(scope, write.where, row)}`;
    }
    default:
      return unreachable(write);
  }
}

function insert(scope: Scope, write: Extract<Write, { kind: 'insert' }>): Sql {
  const { dialect } = scope;
  const into = sql`insert${aborting(write.table, dialect)} into ${dialect.table(write.table)}`;
  const report = write.conflictReport ?? null;
  const conflict =
    report !== null
      ? sql` ${offered(dialect.reportConflict)(report, write.table)}`
      : write.onConflict === null
        ? sql.empty
        : sql` ${upsert(scope, write.table, write.onConflict)}`;
  if (write.columns.length === 0) return sql`${into} ${dialect.defaultValues}${conflict}`;
  const columns = sql.join(write.columns.map((column) => dialect.name(column.name)));
  const rows = write.rows.map((cells) => {
    const values = cells.map((cell, at) =>
      cell === 'default' ? (dialect.defaultCell?.(write.columns[at]!) ?? sql`default`) : dialect.bind(cell),
    );
    return sql`(${sql.join(values)})`;
  });
  return sql`${into} (${columns}) values ${sql.join(rows)}${conflict}`;
}

function upsert(scope: Scope, table: Table, conflict: OnConflict): Sql {
  const { condition, assignments } = conflictParts(scope, table, conflict);
  return scope.dialect.onConflict(conflict, table, condition, assignments);
}

/** The condition on the existing row, and the values that it gets besides. */
function conflictParts(scope: Scope, table: Table, { where, presets = [] }: OnConflict) {
  const { dialect } = scope;
  return {
    condition: where === null ? null : compileWhere(scope, where, dialect.table(table)),
    assignments: presets.map(
      ({ column, value }) =>
        sql`${dialect.name(column.name)} = ${written(dialect, column, dialect.bind(value))}`,
    ),
  };
}

function update(scope: Scope, write: Extract<Write, { kind: 'update' }>): Sql {
  const row = scope.dialect.table(write.table);
  const set = assigned(scope, write, row);
  return sql`update${aborting(write.table, scope.dialect)} ${row} set ${set}${whereClause(scope, write.where, row)}`;
}

function assigned(scope: Scope, { set }: Extract<Write, { kind: 'update' }>, row: Sql): Sql {
  return sql.join(
    set.map(
      (assignment) =>
        sql`${scope.dialect.name(assignment.column.name)} = ${newValue(scope, assignment, row)}`,
    ),
  );
}

/** Makes a conflict fail the statement, where the constraints of the table would replace or skip rows. */
function aborting({ resolvesConflicts }: Table, { abortsOnConflict }: Dialect): Sql {
  return resolvesConflicts ? (abortsOnConflict ?? sql.empty) : sql.empty;
}

const written = ({ writes }: Dialect, column: Column, value: Sql) => writes?.value(column, value) ?? value;

function newValue(scope: Scope, assignment: Assignment, row: Sql): Sql {
  const { dialect } = scope;
  const column: Column = assignment.column;
  const current = scope.column(row, column);
  switch (assignment.kind) {
    case 'set':
      return assignment.value === 'default'
        ? sql`default`
        : written(dialect, column, dialect.bind(assignment.value));
    case 'inc':
      return written(dialect, column, sql`${current} + ${dialect.bind(assignment.value)}`);
    case 'mul':
      return written(dialect, column, sql`${current} * ${dialect.bind(assignment.value)}`);
    case 'append':
    case 'prepend':
    case 'delete_key':
    case 'delete_elem':
    case 'delete_at_path':
      return dialect.jsonWrite(assignment.kind, current, column.type, assignment.value);
    default:
      return unreachable(assignment);
  }
}
