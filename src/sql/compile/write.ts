import type { Column, Table } from '../../catalog/index.ts';
import { FozError, unreachable } from '../../core/index.ts';
import type { Assignment, Compiled, OutputField, Write } from '../../plan/index.ts';
import type { Dialect } from '../dialect.ts';
import { render, type Sql, sql } from '../sql.ts';
import { Scope, SelectList } from './scope.ts';
import { compileWhere, whereClause } from './where.ts';
import { columnTypes } from './wire.ts';

/** Compiles one write to the SQL of an engine. Pure. `shape.out` has the returned columns by their database names. */
export function compileWrite(dialect: Dialect, write: Write): Compiled {
  const scope = new Scope(dialect, write.kind === 'insert' ? null : write.table);
  const text = spell(scope, write);
  const list = new SelectList();
  const row = dialect.table(write.table);
  const out = write.returning.map((column): OutputField => {
    const expression =
      write.kind === 'insert' ? dialect.name(column.name) : sql`${row}.${dialect.name(column.name)}`;
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
  const returning = list.columns.length === 0 ? sql.empty : sql` returning ${list.render(scope)}`;
  return {
    statement: {
      ...render(sql`${text}${returning}`, (position) => dialect.placeholder(position)),
      columns: columnTypes(out),
    },
    shape: { out, parent: null, ...changed },
    absent: null,
  };
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

function upsert(
  scope: Scope,
  table: Table,
  conflict: NonNullable<Extract<Write, { kind: 'insert' }>['onConflict']>,
): Sql {
  const where =
    conflict.where === null ? null : compileWhere(scope, conflict.where, scope.dialect.table(table));
  const { dialect } = scope;
  const presets = (conflict.presets ?? []).map(
    ({ column, value }) => sql`${dialect.name(column.name)} = ${dialect.bind(value)}`,
  );
  return dialect.onConflict(conflict, table, where, presets);
}

function update(scope: Scope, write: Extract<Write, { kind: 'update' }>): Sql {
  const row = scope.dialect.table(write.table);
  const set = write.set.map(
    (assignment) => sql`${scope.dialect.name(assignment.column.name)} = ${newValue(scope, assignment, row)}`,
  );
  return sql`update${aborting(write.table, scope.dialect)} ${row} set ${sql.join(set)}${whereClause(scope, write.where, row)}`;
}

/** Makes a conflict fail the statement, where the constraints of the table would replace or skip rows. */
function aborting({ resolvesConflicts }: Table, { abortsOnConflict }: Dialect): Sql {
  return resolvesConflicts ? (abortsOnConflict ?? sql.empty) : sql.empty;
}

function newValue(scope: Scope, assignment: Assignment, row: Sql): Sql {
  const { dialect } = scope;
  const column: Column = assignment.column;
  const current = scope.column(row, column);
  switch (assignment.kind) {
    case 'set':
      return assignment.value === 'default' ? sql`default` : dialect.bind(assignment.value);
    case 'inc':
      return sql`${current} + ${dialect.bind(assignment.value)}`;
    case 'mul':
      return sql`${current} * ${dialect.bind(assignment.value)}`;
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
