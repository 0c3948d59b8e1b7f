/** The table that the triggers of Foz fill; on PostgreSQL the schema with it. */
export const outboxName = 'foz_outbox';
/** The table in which the reader of the outbox notes what it has read. */
export const readsName = 'foz_outbox_reads';

/** Whether a table or a namespace is the outbox's own, so that it is never part of the graph. */
export function isOutbox(name: string): boolean {
  return name === outboxName || name === readsName;
}
