import type { Column, Key } from '../../catalog/index.ts';
import { FozError, type SourceName, tooLong } from '../../core/index.ts';
import {
  type Capabilities,
  type Compiled,
  isAlways,
  type Mutation,
  type Select,
  type Statement,
  type Write,
  type WriteAnswer,
} from '../../plan/index.ts';
import { listText, type Running, runStatement } from '../fetch.ts';
import type { ConnectorOf } from '../prepare.ts';
import { flatColumns, flatWriter, isFlat } from './flat-rows.ts';
import { sortedByKey } from './order.ts';
import { rowsPerInsert } from './returning.ts';

/** A mutation of a single statement, which is compiled once: no nested rows, no checks, and only returned columns in the answer. */
export interface SimpleWrite {
  run(running: Running): Promise<string>;
  readonly statement: Statement;
}

/** `null`: the mutation needs several statements (see `WriteSession`). */
export function prepareSimple(
  connectorOf: ConnectorOf,
  source: SourceName,
  mutation: Mutation,
): SimpleWrite | null {
  const connector = connectorOf(source);
  const selects = selectsOf(mutation.answer);
  if (!selects.every(isFlat)) return null;
  const asked = [...new Set(selects.flatMap(flatColumns))];
  const key = mutation.kind === 'insert' || asked.length === 0 ? null : mutation.table.primaryKey;
  const met = asked.length === 0 ? null : keyMetTwice(mutation, connector.capabilities);
  const returning = [...new Set([...asked, ...(key?.columns ?? []), ...(met?.columns ?? [])])];
  if (asked.length > 0 && isChangedBehind(mutation)) return null;
  const names = mostNames(selects);
  const write = writeOf(mutation, connector.capabilities, returning);
  if (write === null || (returning.length > 0 && !connector.capabilities.returning[write.kind])) return null;
  const compiled = connector.compileWrite(write);
  const answer = answerOf(mutation.answer, compiled, returning);
  return {
    statement: compiled.statement,
    async run(running) {
      const { held } = running.context;
      const before = held?.bytes ?? 0;
      const { rows, affected, withheld } = await runStatement(running, source, compiled.statement);
      const count = returning.length > 0 && withheld === undefined ? rows.length : affected;
      running.written?.push({ source, table: write.table.id, kind: write.kind, affected: count });
      const refused = (reason: FozError) =>
        running.runnerOf(source) === connector ? stored(reason, source) : reason;
      if (withheld !== undefined) throw refused(withheld);
      // The answer repeats a returned column under each of its aliases.
      if (held !== undefined && names > 1 && (held.bytes - before) * names > held.limit)
        throw refused(tooLong(held.limit));
      // The engine may count an upsert that replaced a row twice.
      const most = write.kind === 'insert' ? write.rows.length : affected;
      const at = met?.columns.map((column) => returning.indexOf(column)) ?? null;
      const ordered =
        key === null || rows.length < 2
          ? lastStates(rows, at)
          : sortedByKey(
              rows,
              key.columns,
              key.columns.map((column) => returning.indexOf(column)),
            );
      return answer(ordered, returning.length > 0 ? rows.length : Math.min(affected, most));
    },
  };
}

/** The largest number of aliases of one column. */
function mostNames(selects: readonly Select[]): number {
  const counts = new Map<Column, number>();
  for (const { fields } of selects)
    for (const field of fields)
      if (field.kind === 'column') counts.set(field.column, (counts.get(field.column) ?? 0) + 1);
  return Math.max(1, ...counts.values());
}

/** The error of a committed write whose answer is too long. A write in a transaction does not need it: it is rolled back. */
function stored(reason: FozError, source: SourceName): FozError {
  return new FozError(
    reason.code,
    `${reason.message} What this operation wrote to ${source} is stored: do not repeat it.`,
    { details: { ...reason.details, committed: [source] }, cause: reason },
  );
}

/** The key by which an upsert may meet one row several times, where the engine then returns it as it was in between. */
function keyMetTwice(mutation: Mutation, { upsertReturnsTwice }: Capabilities): Key | null {
  if (!upsertReturnsTwice || mutation.kind !== 'insert') return null;
  const { rows, onConflict, table } = mutation.insert;
  return onConflict === null || rows.length < 2 ? null : (onConflict.key ?? table.primaryKey);
}

type Rows = readonly (readonly unknown[])[];

/** Rows with the values that they have in the end. `key`: the positions of the columns that identify a row; `null`: each row is returned once. */
function lastStates(rows: Rows, key: readonly number[] | null): Rows {
  if (key === null || rows.length < 2) return rows;
  const identity = (row: readonly unknown[]) => JSON.stringify(key.map((at) => String(row[at])));
  const last = new Map(rows.map((row) => [identity(row), row]));
  return last.size === rows.length ? rows : rows.map((row) => last.get(identity(row))!);
}

/** Whether triggers may change the row in a way that RETURNING does not show. It must then be read back by its key. */
function isChangedBehind({ kind, table }: Mutation): boolean {
  const event = kind === 'insert' ? 'insert' : kind === 'delete' ? 'delete' : 'update';
  const effect = table.triggers[event];
  return event !== 'delete' && table.primaryKey !== null && (effect === 'after' || effect === 'instead');
}

function selectsOf(answer: WriteAnswer): Select[] {
  if (answer.kind === 'row') return [answer.select];
  return answer.parts.flatMap((part) => (part.kind === 'returning' ? [part.select] : []));
}

function writeOf(
  mutation: Mutation,
  capabilities: Capabilities,
  returning: Write['returning'],
): Write | null {
  switch (mutation.kind) {
    case 'insert':
      return insertOf(mutation, capabilities, returning);
    case 'update': {
      const { set, where, check, ifMatch, validations } = mutation.update;
      if (ifMatch !== null || !isAlways(check) || validations.length > 0) return null;
      if (set.some(({ kind, column }) => kind !== 'set' && column.validation.length > 0)) return null;
      return { kind: 'update', table: mutation.table, set, where, returning };
    }
    case 'delete':
      if (mutation.softDelete !== null) return null;
      return { kind: 'delete', table: mutation.table, where: mutation.where, returning };
    case 'update many':
      return null;
  }
}

function insertOf(
  { insert }: Extract<Mutation, { kind: 'insert' }>,
  capabilities: Capabilities,
  returning: Write['returning'],
): Write | null {
  const { rows, table, onConflict, check, changedCheck, validations } = insert;
  if (!isAlways(check) || changedCheck !== null || validations.length > 0) return null;
  if (rows.length === 0 || rows.length > 50) return null;
  if (rows.some((row) => row.before.length > 0 || row.after.length > 0 || missesRequired(insert, row)))
    return null;
  if (
    onConflict !== null &&
    !(capabilities.conflictTarget && (onConflict.where === null || capabilities.conflictWhere)) &&
    !onlyKeyDecides(insert)
  )
    return null;
  const columns = table.columns.filter((column) => rows.some((row) => row.cells.has(column)));
  if (columns.length === 0 && rows.length > 1) return null;
  if (rows.length > rowsPerInsert(capabilities, columns.length)) return null;
  const complete = rows.every((row) => row.cells.size === columns.length);
  if (!complete && !capabilities.defaultKeyword) return null;
  return {
    kind: 'insert',
    table,
    columns,
    rows: rows.map((row) => columns.map((column) => row.cells.get(column) ?? ('default' as const))),
    onConflict,
    returning,
  };
}

/** Whether a row lacks a value that the table cannot generate. The path of several statements reports all missing values. */
function missesRequired(
  { table }: Extract<Mutation, { kind: 'insert' }>['insert'],
  row: Extract<Mutation, { kind: 'insert' }>['insert']['rows'][number],
): boolean {
  return table.columns.some(
    (column) =>
      !column.nullable &&
      !column.hasDefault &&
      column.identity === null &&
      !column.generated &&
      !row.cells.has(column),
  );
}

/** Whether the table has only the conflict target as key. Engines that cannot name a conflict target need this. */
function onlyKeyDecides({
  table,
  onConflict,
  rows,
}: Extract<Mutation, { kind: 'insert' }>['insert']): boolean {
  return (
    rows.length === 1 &&
    onConflict !== null &&
    onConflict.where === null &&
    onConflict.update.length > 0 &&
    table.keys.length === 1
  );
}

type Answer = (rows: readonly (readonly unknown[])[], affected: number) => string;

function answerOf(answer: WriteAnswer, compiled: Compiled, returning: Write['returning']): Answer {
  if (answer.kind === 'row') {
    const write = flatWriter(answer.select, compiled.shape.out, returning);
    // Where no column is returned, the number of affected rows shows whether there was a row.
    return (rows, affected) =>
      rows.length > 0 ? write(rows[0]!) : affected > 0 && returning.length === 0 ? write([]) : 'null';
  }
  const parts = answer.parts.map((part): Answer => {
    const key = `${JSON.stringify(part.key)}:`;
    if (part.kind === 'constant') return () => key + part.json;
    if (part.kind === 'affected_rows') return (_, affected) => `${key}${affected}`;
    const write = flatWriter(part.select, compiled.shape.out, returning);
    return (rows, affected) =>
      key +
      listText(returning.length === 0 ? Array.from({ length: affected }, () => write([])) : rows.map(write));
  });
  return (rows, affected) => `{${parts.map((part) => part(rows, affected)).join(',')}}`;
}
