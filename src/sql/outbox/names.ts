/** The name of the table that the triggers of Foz fill; on PostgreSQL of its schema. */
export const outboxName = 'foz_outbox';
/** The name of the table in which the reader of the outbox records its batches. */
export const readsName = 'foz_outbox_reads';

/**
 * The `op` of a row that stands for changes of a table that nobody stored, as those of a table that was created again. It is written when
 * triggers are created in an outbox that exists, since readers may have changes of the table from before.
 */
export const unseenOp = 'unseen';

/** Whether a table or a namespace belongs to the outbox. It is never part of the graph. */
export function isOutbox(name: string): boolean {
  return name === outboxName || name === readsName;
}
