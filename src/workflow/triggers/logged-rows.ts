import type { EventTrigger } from '../../access/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import type { ChangedRow } from './events.ts';

/** A trigger with its state in the store. */
export interface Active {
  readonly trigger: EventTrigger;
  /** Changes after this position are delivered. */
  deliverAfter: string;
  /** The position from which on the log has all changes of its table. */
  loggedSince: string;
}

/** A changed row in the log. */
export type LoggedRow = ChangedRow & { readonly table: ChangedTable };

export function isTable(one: ChangedTable, { table }: Pick<EventTrigger, 'table'>): boolean {
  return one.name === table.name && one.namespace === table.namespace;
}

/** Whether a trigger is about a change: those up to `deliverAfter` were made before it was there. */
export function concerns({ trigger, deliverAfter }: Active, { op, table, transaction }: LoggedRow): boolean {
  return transaction.position > deliverAfter && isTable(table, trigger) && trigger[op] !== null;
}

/** Whether a change has the values of all columns of the rows that it should have. */
export function isWhole({ op, old, new: after }: ChangedRow, { table: { columns } }: EventTrigger): boolean {
  const has = (image: ChangedRow['old']) =>
    image !== null &&
    columns.every(({ name, generated }) => {
      const at = image.columns.indexOf(name);
      return at < 0 ? generated : image.values[at] !== undefined;
    });
  return (op === 'insert' || has(old)) && (op === 'delete' || has(after));
}

/** PostgreSQL's log leaves out long values that an update did not change: they are those of the row before. */
export function completed<R extends ChangedRow>(row: R): R {
  const { old, new: after } = row;
  if (old === null || after === null || !after.values.includes(undefined)) return row;
  const before = new Map(old.columns.map((name, at) => [name, old.values[at]]));
  const values = after.values.map((value, at) =>
    value === undefined ? before.get(after.columns[at]!) : value,
  );
  return { ...row, new: { ...after, values } };
}
