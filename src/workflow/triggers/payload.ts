import type { EventTrigger } from '../../access/index.ts';

/** The operations of events, in Hasura's words. */
export type EventOperation = 'INSERT' | 'UPDATE' | 'DELETE' | 'MANUAL';

export interface EventFacts {
  readonly id: string;
  readonly op: EventOperation;
  /** JSON; `null`: there is no such row. */
  readonly old: string | null;
  readonly new: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** The transaction in the database, and the position of the change; `null`: it was invoked by hand. */
  readonly transaction: string | null;
  readonly position: string | null;
}

/** The payload of an event: that of Hasura, with the source, the transaction and the position of the change. Rows keep the texts of their values. */
export function payloadOf({ name, table }: EventTrigger, facts: EventFacts): string {
  const { id, op, old, at, transaction, position } = facts;
  const head = {
    id,
    created_at: at,
    trigger: { name },
    source: table.source.name,
    table: { schema: table.namespace, name: table.name },
    transaction,
    position,
  };
  const event = `{"op":"${op}","data":{"old":${old ?? 'null'},"new":${facts.new ?? 'null'}},"session_variables":null}`;
  return `${JSON.stringify(head).slice(0, -1)},"event":${event}}`;
}
