import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import type { Store } from '../store.ts';
import type { AuditKind } from './kinds.ts';
import { type AuditRecord, type AuditRow, indexed } from './record.ts';

/** Conditions on records. Absent ones do not restrict. */
export interface AuditFilter {
  readonly kinds?: readonly AuditKind[];
  readonly outcome?: AuditRecord['outcome'];
  readonly actorKind?: string;
  readonly actorId?: string;
  readonly role?: string;
  readonly keyId?: string;
  readonly address?: string;
  readonly requestId?: string;
  readonly operation?: string;
  readonly source?: string;
  readonly table?: string;
  /** Milliseconds since 1970: `from` is inclusive, `before` exclusive. */
  readonly from?: number;
  readonly before?: number;
}

/** Public names of the filters that compare for equality, in URLs and command options. */
export const auditFilters = {
  outcome: 'outcome',
  actor: 'actorId',
  role: 'role',
  key: 'keyId',
  address: 'address',
  request: 'requestId',
  operation: 'operation',
  source: 'source',
  table: 'table',
} as const satisfies Readonly<Record<string, keyof AuditFilter>>;

/** A page of records. */
export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** The cursor of the next page; `null`: this is the last one. */
  readonly next: number | null;
}

/** Columns that are compared for equality, with their filters. */
const equal = {
  outcome: 'outcome',
  actorKind: 'actor_kind',
  actorId: 'actor_id',
  role: 'role',
  keyId: 'key_id',
  address: 'address',
  requestId: 'request_id',
  operation: 'operation',
  source: 'source',
  table: 'table_name',
} satisfies Partial<Record<keyof AuditFilter, keyof AuditRow>>;

/** Indexed columns, in which very long texts are shortened. */
const long: ReadonlySet<string> = new Set(['actor_id', 'key_id']);

/** Finds records, newest first. `cursor`: `next` of the previous page. `limit`: at most 1,000. */
export async function queryAudit(
  store: Store,
  filter: AuditFilter = {},
  { cursor, limit = 100 }: { readonly cursor?: number | null; readonly limit?: number } = {},
): Promise<AuditPage> {
  const size = Math.min(Math.max(limit, 1), 1_000);
  const rows = await store.read((db) =>
    filtered(db, filter)
      .modify((query) => {
        if (typeof cursor === 'number') query.where('seq', '<', cursor);
      })
      .orderBy('seq', 'desc')
      .limit(size + 1),
  );
  const records = rows.slice(0, size).map(recordIn);
  return { records, next: rows.length > size ? records.at(-1)!.seq : null };
}

/**
 * The records as JSON Lines, oldest first, each with its place in the chain (`previous`, `hash`). They are read in
 * pages, with back-pressure from the stream. The stream fails with FozError `unavailable` when the store does.
 */
export function exportAudit(store: Store, filter: AuditFilter = {}): Readable {
  return Readable.from(linesOf(store, filter), { objectMode: false });
}

async function* linesOf(store: Store, filter: AuditFilter): AsyncGenerator<string> {
  const size = 500;
  for (let after = 0; ; ) {
    const rows = await store.read((db) =>
      filtered(db, filter).where('seq', '>', after).orderBy('seq').limit(size),
    );
    for (const { record, previous, hash } of rows)
      yield `${JSON.stringify({ ...JSON.parse(record), previous, hash })}\n`;
    if (rows.length < size) return;
    after = Number(rows.at(-1)!.seq);
  }
}

function filtered(db: Knex, filter: AuditFilter): Knex.QueryBuilder<AuditRow, AuditRow[]> {
  const query: Knex.QueryBuilder<AuditRow, AuditRow[]> = db('foz.audit');
  for (const [name, column] of Object.entries(equal)) {
    const value = filter[name as keyof typeof equal];
    if (value !== undefined) query.where(column, long.has(column) ? indexed(value) : value);
  }
  if (filter.kinds !== undefined) query.whereIn('kind', filter.kinds);
  if (filter.from !== undefined) query.where('at', '>=', filter.from);
  if (filter.before !== undefined) query.where('at', '<', filter.before);
  return query;
}

function recordIn({ record }: AuditRow): AuditRecord {
  return JSON.parse(record);
}
