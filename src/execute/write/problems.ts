import type { Column } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import {
  type Bindings,
  type Insert,
  type Mutation,
  type Param,
  resolveParam,
  type Update,
  valueErrors,
} from '../../plan/index.ts';

/** All problems of the values of a mutation (unfit or missing), found before the first statement is sent. */
export function problemsOf(mutation: Mutation, bindings: Bindings): FozError[] {
  switch (mutation.kind) {
    case 'insert':
      return [...insertErrors(mutation.insert, bindings), ...missing(mutation.insert, new Set())];
    case 'update':
      return updateErrors(mutation.update, bindings);
    case 'update many':
      return mutation.updates.flatMap((update) => updateErrors(update, bindings));
    case 'delete':
      return mutation.softDelete === null ? [] : updateErrors(mutation.softDelete, bindings);
  }
}

const wrong = (bindings: Bindings) => (param: Param) => valueErrors(param, resolveParam(param, bindings));

function insertErrors({ rows }: Insert, bindings: Bindings): FozError[] {
  return rows.flatMap(({ cells, before, after }) => [
    ...[...cells.values()].flatMap(wrong(bindings)),
    ...[...before, ...after].flatMap(({ insert }) => insertErrors(insert, bindings)),
  ]);
}

function updateErrors({ set }: Pick<Update, 'set'>, bindings: Bindings): FozError[] {
  return set
    .flatMap(({ kind, value }) => (kind !== 'set' || value === 'default' ? [] : [value]))
    .flatMap(wrong(bindings));
}

function missing(insert: Insert, given: ReadonlySet<Column>): FozError[] {
  const required = insert.table.columns.filter(
    (column) => !column.nullable && !column.hasDefault && column.identity === null && !column.generated,
  );
  return insert.rows.flatMap((row) => {
    const present = new Set([
      ...row.cells.keys(),
      ...given,
      ...row.before.flatMap(({ relationship }) => relationship.mapping.map((pair) => pair.from)),
    ]);
    const own = required
      .filter((column) => !present.has(column))
      .map((column) =>
        insert.named === null || insert.named.has(column.name)
          ? new FozError(
              'constraint-violation',
              `${column.name} is missing: it must not be null and has no default`,
              { path: `${row.path}.${column.name}` },
            )
          : new FozError(
              'permission-error',
              `A row of ${insert.table.name} needs a value that this role cannot give: its permission has to preset it.`,
              { path: row.path },
            ),
      );
    const before = row.before.flatMap(({ insert: parent }) => missing(parent, new Set()));
    const after = row.after.flatMap(({ relationship, insert: child }) =>
      missing(child, new Set(relationship.mapping.map((pair) => pair.to))),
    );
    return [...own, ...before, ...after];
  });
}
