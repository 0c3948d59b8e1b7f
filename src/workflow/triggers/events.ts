import type { EventTrigger, TriggeredOperation } from '../../access/index.ts';
import type { Column } from '../../catalog/index.ts';
import { positionText } from '../../events/index.ts';
import type { ImageReader } from '../../execute/index.ts';
import type { ChangeMethod, RowImage } from '../../plan/index.ts';
import type { NewDelivery } from '../../store/index.ts';
import { eventId } from '../deliveries/event.ts';
import { meeting } from './condition.ts';
import { type EventOperation, payloadOf } from './payload.ts';
import type { StoredTransaction } from './stored-transactions.ts';

/** A changed row of a transaction. */
export interface ChangedRow {
  readonly transaction: Omit<StoredTransaction, 'rows' | 'lost' | 'done'>;
  readonly op: 'insert' | 'update' | 'delete';
  readonly index: number;
  readonly old: RowImage | null;
  readonly new: RowImage | null;
}

/** The log of changes: that of which database, and how they were found. */
export interface ChangeOrigin {
  readonly identity: string;
  readonly method: ChangeMethod;
}

/** The deliveries that changes of its table, of any transactions, cause for a trigger, in the order of the changes. Rejects with FozError. */
export async function deliveriesOf(
  trigger: EventTrigger,
  changes: readonly ChangedRow[],
  origin: ChangeOrigin,
  images: ImageReader,
): Promise<readonly NewDelivery[]> {
  const wanted = await changed(
    trigger,
    changes.filter(({ op }) => trigger[op] !== null),
    images,
  );
  const met = trigger.when === null ? null : await meeting(trigger.when, wanted, images.passes);
  const meant = wanted.filter((_, at) => met === null || met[at]);
  const keys = await keysOf(trigger, meant, images);
  const rows = await rowsOf(trigger, meant, images);
  return meant.map((change, at) => {
    const id = idOf(trigger, change, origin);
    const { transaction } = change;
    const time = new Date(transaction.at).toISOString();
    const payload = payloadOf(trigger, {
      ...{ id, ...rows[at]!, at: time, transaction: transaction.transaction },
      op: change.op.toUpperCase() as EventOperation,
      position: positionText({ method: origin.method, position: transaction.position, index: change.index }),
    });
    return deliveryOf(trigger, change.op, { id, time, payload, key: keys[at]! });
  });
}

/** A delivery to the endpoint of a trigger. */
export function deliveryOf(
  { name, table }: EventTrigger,
  op: string,
  event: {
    readonly id: string;
    readonly time: string;
    readonly payload: string;
    readonly key: string | null;
  },
): NewDelivery {
  const { id, ...rest } = event;
  const source = `/sources/${encodeURIComponent(table.source.name)}/${encodeURIComponent(table.name)}`;
  return { event: id, endpoint: name, type: `${table.name}.${op}`, source, ...rest };
}

/**
 * The same whenever the change is found. The time of the transaction tells it from another one with the same number, which databases that
 * were restored and outboxes that were made anew may have.
 */
function idOf(
  { name, table }: EventTrigger,
  { index, transaction }: ChangedRow,
  { identity, method }: ChangeOrigin,
): string {
  const { id, at } = transaction;
  return eventId(name, table.source.name, identity, method, id, String(at), String(index));
}

/** The changes without updates that leave all columns as they are that the trigger listens to. */
async function changed(
  { update }: EventTrigger,
  changes: readonly ChangedRow[],
  images: ImageReader,
): Promise<readonly ChangedRow[]> {
  const columns = update?.changed ?? null;
  if (columns === null) return changes;
  const updates = changes.filter(({ op }) => op === 'update');
  const [before, after] = [
    await images.texts(
      updates.map(({ old }) => old!),
      columns,
    ),
    await images.texts(
      updates.map((change) => change.new!),
      columns,
    ),
  ];
  const same = new Set(updates.filter((_, at) => before[at] === after[at]));
  return changes.filter((change) => !same.has(change));
}

async function keysOf({ key }: EventTrigger, changes: readonly ChangedRow[], images: ImageReader) {
  if (key.length === 0) return changes.map(() => null);
  return images.texts(
    changes.map((change) => (change.new ?? change.old)!),
    key,
  );
}

/** The texts of the rows before and after each change. */
async function rowsOf(trigger: EventTrigger, changes: readonly ChangedRow[], images: ImageReader) {
  const rows = changes.map(() => ({ old: null as string | null, new: null as string | null }));
  for (const op of ['insert', 'update', 'delete'] as const)
    for (const side of ['old', 'new'] as const) {
      const at = changes.flatMap((change, index) =>
        change.op === op && change[side] !== null ? [index] : [],
      );
      const some = at.map((index) => changes[index]![side]!);
      const texts = await images.texts(some, reportedOf(trigger[op], some));
      for (const [number, index] of at.entries()) rows[index]![side] = texts[number]!;
    }
  return rows;
}

/** The columns of the payload. PostgreSQL's log lacks generated columns, so these are left out where they are not reported. */
function reportedOf(operation: TriggeredOperation | null, images: readonly RowImage[]): readonly Column[] {
  return (operation?.payload ?? []).filter(
    ({ generated, name }) => !generated || images.every(({ columns }) => columns.includes(name)),
  );
}
