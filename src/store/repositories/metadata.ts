import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../actor.ts';
import { publishChange } from '../changes.ts';

/** The current metadata. Version 0 with `null`: none was ever stored. */
export interface StoredMetadata {
  readonly version: number;
  readonly metadata: unknown;
}

/** One stored version. */
export interface MetadataVersion extends StoredMetadata {
  readonly at: Date;
  readonly actor: Actor;
  readonly comment: string | null;
}

interface Row {
  readonly version: string;
  readonly metadata: string;
  readonly at: Date;
  readonly actor: string;
  readonly comment: string | null;
}

/** Reads the newest version. */
export async function readMetadata(db: Knex): Promise<StoredMetadata> {
  const row: Row | undefined = await db('foz.metadata').orderBy('version', 'desc').first();
  return row === undefined
    ? { version: 0, metadata: null }
    : { version: Number(row.version), metadata: JSON.parse(row.metadata) };
}

export interface MetadataWrite {
  /** The version that the writer has read. */
  readonly expected: number;
  readonly metadata: unknown;
  readonly actor: Actor;
  readonly comment?: string;
  /** The number of versions that are kept. */
  readonly keep: number;
}

/** Stores the next version and returns its number. Rejects with FozError `conflict` when the newest is not the expected one. */
export async function writeMetadata(
  transaction: Knex,
  { expected, metadata, actor, comment, keep }: MetadataWrite,
): Promise<number> {
  const version = expected + 1;
  // Published first, since publishing waits until the previous writer has committed.
  await publishChange(transaction, 'metadata', String(version));
  const current = (await readMetadata(transaction)).version;
  refuseVersion(current, expected);
  await transaction('foz.metadata').insert({
    version,
    metadata: JSON.stringify(metadata),
    actor: JSON.stringify(actor),
    comment: comment ?? null,
  });
  await transaction('foz.metadata')
    .where('version', '<=', version - keep)
    .delete();
  return version;
}

/** Throws FozError `conflict` unless the expected version is the newest. */
export function refuseVersion(current: number, expected: number): void {
  if (current === expected) return;
  throw new FozError(
    'conflict',
    `The metadata is at version ${current}, not at ${expected} as expected: read it again and repeat the change on top of it.`,
    { details: { expected, current } },
  );
}

/** Versions before `before` (absent: all), newest first, without their contents. */
export async function metadataHistory(
  db: Knex,
  { before, limit = 50 }: { readonly before?: number; readonly limit?: number } = {},
): Promise<readonly Omit<MetadataVersion, 'metadata'>[]> {
  const rows: Omit<Row, 'metadata'>[] = await db('foz.metadata')
    .select('version', 'at', 'actor', 'comment')
    .modify((query) => {
      if (before !== undefined) query.where('version', '<', before);
    })
    .orderBy('version', 'desc')
    .limit(limit);
  return rows.map(({ version, at, actor, comment }) => ({
    version: Number(version),
    at,
    actor: JSON.parse(actor),
    comment,
  }));
}

/** One version. Rejects with FozError `not-found` if it is not kept any more. */
export async function metadataVersion(db: Knex, version: number): Promise<MetadataVersion> {
  const row: Row | undefined = await db('foz.metadata').where({ version }).first();
  if (row === undefined)
    throw new FozError(
      'not-found',
      `There is no version ${version} of the metadata, or it is not kept any more.`,
    );
  return {
    version: Number(row.version),
    metadata: JSON.parse(row.metadata),
    at: row.at,
    actor: JSON.parse(row.actor),
    comment: row.comment,
  };
}
