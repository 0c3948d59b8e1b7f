import type { Column, Table } from '../../catalog/index.ts';
import { FozError, FozErrors } from '../../core/index.ts';
import {
  and,
  brokenRules,
  isAlways,
  type Mutation,
  type Predicate,
  type Select,
  type SoftDelete,
  type Update,
  type Write,
} from '../../plan/index.ts';
import { FutureValue } from './future-value.ts';
import { isInsteadOf } from './instead-of.ts';
import { sortedByKey } from './order.ts';
import { keyColumns, type WriteSession } from './session.ts';
import type { Tuple } from './stage.ts';
import { hasTriggers, movedKey } from './triggers.ts';

type Delete = Extract<Mutation, { readonly kind: 'delete' }>;

/** The result of an update or a delete. */
export interface Changed {
  readonly affected: number;
  /** JSON text per row, for each requested select. */
  readonly texts: readonly (readonly string[])[];
}

/** Updates rows, then reads them back by their new key: new values, related rows, and what the permissions now allow. */
export async function runUpdate(
  session: WriteSession,
  table: Table,
  update: Update,
  selects: readonly Select[],
): Promise<Changed> {
  const where = update.ifMatch === null ? update.where : and(update.where, update.ifMatch);
  const computed = computedColumns(update);
  const withKeys =
    selects.length > 0 || !isAlways(update.check) || update.validations.length > 0 || computed.length > 0;
  if (!withKeys) {
    const { affected } = await session.write({
      kind: 'update',
      table,
      set: update.set,
      where,
      returning: [],
    });
    if (affected === 0) await refuseMiss(session, table, update);
    return { affected, texts: [] };
  }
  const after = session.capabilities.returning.update
    ? await updateReturning(session, table, update, where)
    : await updateAndFind(session, table, update, where);
  if (after.length === 0) {
    await refuseMiss(session, table, update);
    return { affected: 0, texts: selects.map(() => []) };
  }
  const changed = { table, tuples: after, rows: 'changed' } as const;
  await session.check(changed, update.check, update.path);
  await session.validate(changed, update.validations, update.path);
  await checkComputed(session, table, update, computed, after);
  return { affected: after.length, texts: (await readAll(session, selects, after)).map(present) };
}

/** With RETURNING: keys of the rows that the database has written, without rows that a trigger has skipped. */
async function updateReturning(
  session: WriteSession,
  table: Table,
  update: Update,
  where: Predicate,
): Promise<readonly Tuple[]> {
  const key = keyColumns(table);
  const { set, path } = update;
  const expected = isInsteadOf(table, 'update') ? await keysAfter(session, table, update, where) : null;
  const { returned } = await session.write({ kind: 'update', table, set, where, returning: key });
  if (returned.some((tuple) => tuple.includes(null))) throw movedKey(table);
  const isOther = (tuple: Tuple) => !expected?.keys.has(JSON.stringify(tuple)) && !tuple.some(isFuture);
  if (expected !== null && (returned.some(isOther) || (expected.isTaken && returned.length > 0)))
    throw movedKey(table, path);
  return sortedByKey(returned, key);
}

const isFuture = (value: unknown) => value instanceof FutureValue;

/** The keys that rows will have after an update, as JSON, and whether one of them belongs to another row before. */
async function keysAfter(session: WriteSession, table: Table, update: Update, where: Predicate) {
  const key = keyColumns(table);
  const lookup = { purpose: { kind: 'targets' }, table, columns: key } as const;
  const before = await session.read(lookup, where, null, key);
  const { after, isTaken } = await newKeys(session, table, update, before);
  return { keys: new Set(after.map((tuple) => JSON.stringify(tuple))), isTaken };
}

/** The keys of rows after an update, and whether one of them belongs to another row before. */
async function newKeys(session: WriteSession, table: Table, update: Update, before: readonly Tuple[]) {
  const key = keyColumns(table);
  const after = before.map((tuple) => newKey(session, table, update, tuple));
  const own = new Set(before.map((tuple) => JSON.stringify(tuple)));
  const others = after.filter((tuple) => !own.has(JSON.stringify(tuple)));
  // The new key may be the old one in another spelling.
  const there =
    others.length === 0
      ? []
      : await session.read({ purpose: { kind: 'stored' }, table, columns: key }, session.among(key, others));
  return { after, isTaken: there.some((tuple) => !own.has(JSON.stringify(tuple))) };
}

/**
 * Without RETURNING: the keys of the rows are read before the update. They stay the same unless the update sets them. A row that had one of
 * the new keys before the update is not an updated one.
 */
async function updateAndFind(
  session: WriteSession,
  table: Table,
  update: Update,
  where: Predicate,
): Promise<readonly Tuple[]> {
  const key = keyColumns(table);
  const before = await session.read({ purpose: { kind: 'targets' }, table, columns: key }, where, null, key);
  if (before.length === 0) return [];
  const { after, isTaken } = await newKeys(session, table, update, before);
  const { affected } = await session.write({
    kind: 'update',
    table,
    set: update.set,
    where: and(session.among(key, before), where),
    returning: [],
  });
  if (affected !== before.length) throw changedMeanwhile(table);
  if (isTaken) throw movedKey(table, update.path);
  return after;
}

/** Rows have changed between the read of their keys and the update: the transaction is repeated. */
function changedMeanwhile({ name }: Table): FozError {
  return new FozError(
    'conflict',
    `Rows of ${name} were changed by somebody else while they were written: repeat the write.`,
  );
}

const present = (texts: readonly (string | undefined)[]) => texts.filter((text) => text !== undefined);

/** Columns with validation rules whose new values the database computes. */
function computedColumns({ set }: Update): Column[] {
  return set.flatMap(({ kind, column }) => (kind !== 'set' && column.validation.length > 0 ? [column] : []));
}

/** Validates computed values after the write. The transaction is rolled back where a rule is broken. */
async function checkComputed(
  session: WriteSession,
  table: Table,
  update: Update,
  columns: readonly Column[],
  keys: readonly Tuple[],
): Promise<void> {
  if (columns.length === 0) return;
  const lookup = { purpose: { kind: 'computed' }, table, columns } as const;
  const rows = await session.read(lookup, session.among(keyColumns(table), keys));
  const broken = new Map<string, FozError>();
  for (const row of rows) {
    for (const [at, column] of columns.entries()) {
      for (const { message, text } of brokenRules(column, row[at])) {
        const reason = message ?? `${column.name} ${text}`;
        broken.set(reason, new FozError('data-exception', reason, { path: update.path }));
      }
    }
  }
  const errors = [...broken.values()];
  if (errors.length > 0) throw errors.length === 1 ? errors[0]! : new FozErrors(errors);
}

/** Nothing was updated. With `if_match` the row may still exist, changed by another client: that is reported as a conflict. */
async function refuseMiss(session: WriteSession, table: Table, update: Update): Promise<void> {
  if (update.ifMatch === null) return;
  const columns = table.primaryKey?.columns ?? table.columns.slice(0, 1);
  const lookup = { purpose: { kind: 'missed' }, table, columns } as const;
  const [there] = await session.read(lookup, update.where, 1);
  if (there === undefined) return;
  // A row with the expected values that was not written was skipped by a trigger.
  const wasSkipped =
    hasTriggers(table, 'update') &&
    (await session.read(lookup, and(update.where, update.ifMatch), 1)).length > 0;
  if (wasSkipped) return;
  throw new FozError(
    'conflict',
    `The row of ${table.name} was changed by somebody else: read it again and repeat the change.`,
    {
      path: `${update.path}.if_match`,
      details: { reason: 'if_match' },
    },
  );
}

/** The key after an update that sets parts of it. */
function newKey(session: WriteSession, table: Table, update: Update, tuple: Tuple): Tuple {
  return keyColumns(table).map((column, index) => {
    const assignment = update.set.find((candidate) => candidate.column === column);
    if (assignment === undefined) return tuple[index];
    if (assignment.kind === 'set' && assignment.value !== 'default') return session.value(assignment.value);
    throw new FozError(
      'not-supported',
      `${column.name} is part of the key of ${table.name}: it can be set, but not computed, when rows are handed back.`,
      { path: update.path },
    );
  });
}

async function readAll(
  session: WriteSession,
  selects: readonly Select[],
  keys: readonly Tuple[],
): Promise<(readonly (string | undefined)[])[]> {
  const texts: (readonly (string | undefined)[])[] = [];
  for (const select of selects) texts.push(await session.texts(select, keys));
  return texts;
}

/** Reads the rows with everything that the answer needs, then deletes them or marks them as deleted. */
export async function runDelete(
  session: WriteSession,
  { table, where, softDelete, path }: Delete,
  selects: readonly Select[],
): Promise<Changed> {
  if (selects.length === 0 && (softDelete === null || softDelete.validations.length === 0)) {
    const { affected } = await session.write(deletion(table, where, softDelete));
    return { affected, texts: [] };
  }
  const key = keyColumns(table);
  const keys = await session.read({ purpose: { kind: 'targets' }, table, columns: key }, where, null, key);
  if (keys.length === 0) return { affected: 0, texts: selects.map(() => []) };
  const texts = await readAll(session, selects, keys);
  const removed = await removeRows(session, table, and(session.among(key, keys), where), softDelete, keys);
  const isRemoved = keys.map((tuple) => removed.has(JSON.stringify(tuple)));
  const written = keys.filter((_, at) => isRemoved[at]);
  if (softDelete !== null)
    await session.validate({ table, tuples: written, rows: 'changed' }, softDelete.validations, path);
  const own = (list: readonly (string | undefined)[]) => present(list.filter((_, at) => isRemoved[at]));
  return { affected: removed.size, texts: texts.map(own) };
}

/** Deletes or marks rows. Returns their keys (as JSON), without rows that a trigger has kept. */
async function removeRows(
  session: WriteSession,
  table: Table,
  where: Predicate,
  softDelete: SoftDelete | null,
  keys: readonly Tuple[],
): Promise<ReadonlySet<string>> {
  const own = new Set(keys.map((tuple) => JSON.stringify(tuple)));
  const write = deletion(table, where, softDelete);
  if (!session.capabilities.returning[write.kind]) {
    const { affected } = await session.write(write);
    if (affected !== keys.length) throw changedMeanwhile(table);
    return own;
  }
  const { returned } = await session.write({ ...write, returning: keyColumns(table) });
  const removed = new Set(returned.map((tuple) => JSON.stringify(tuple)));
  if ([...removed].some((tuple) => !own.has(tuple))) throw movedKey(table);
  return removed;
}

/** The statement that deletes rows, or marks them as deleted. */
export function deletion(table: Table, where: Predicate, softDelete: SoftDelete | null): Write {
  return softDelete === null
    ? { kind: 'delete', table, where, returning: [] }
    : { kind: 'update', table, set: softDelete.set, where, returning: [] };
}
