/** The name of the table that the triggers of Foz fill; on PostgreSQL of its schema. */
export const outboxName = 'foz_outbox';
/** The name of the table in which the reader of the outbox records its batches. */
export const readsName = 'foz_outbox_reads';

/** Whether a table or a namespace belongs to the outbox. It is never part of the graph. */
export function isOutbox(name: string): boolean {
  return name === outboxName || name === readsName;
}
