import type { Knex } from 'knex';
import type { Store } from '../store.ts';
import { readCheckpoint } from './checkpoint.ts';
import { isBreakRecord } from './continuity.ts';
import { type AuditRecord, type AuditRow, chainHash, columnsOf } from './record.ts';
import { isSigned, readPosition, type SignedChainPosition, start } from './state.ts';

/** A fault at a position of the chain. `checkpoint`: the records may be whole, but the file to compare their end with is no checkpoint of theirs. */
export interface AuditProblem {
  readonly kind: 'changed' | 'removed' | 'reordered' | 'added' | 'cut' | 'unsigned' | 'checkpoint';
  /** The number of the record, if it is about one. */
  readonly seq: number | null;
  readonly message: string;
}

/** The result of a verification. */
export interface AuditReport {
  readonly ok: boolean;
  /** The number of records read. */
  readonly records: number;
  /** The first and last number of the chain; `null`: it is empty. */
  readonly first: number | null;
  readonly last: number | null;
  /** The hash of the last record. A copy of it proves later changes. */
  readonly hash: string;
  /** At most 100. */
  readonly problems: readonly AuditProblem[];
}

export interface VerifyOptions {
  readonly store: Store;
  /** The signing key, from `AuditLog.key`. */
  readonly key: Uint8Array;
  /** A checkpoint file to compare with. */
  readonly checkpointFile?: string;
}

const pageSize = 1_000;
const maxProblems = 100;

/** Reads the whole log. Finds records that were changed, removed, added or moved, and a tail that was cut off. */
export async function verifyAudit({ store, key, checkpointFile }: VerifyOptions): Promise<AuditReport> {
  const problems: AuditProblem[] = [];
  const found = (problem: AuditProblem) => {
    if (problems.length < maxProblems) problems.push(problem);
  };
  const anchor = await store.read((db) => readPosition(db, 'anchor'));
  const head = await store.read((db) => readPosition(db, 'head'));
  if (anchor !== undefined && !isSigned('anchor', anchor, key))
    found({
      kind: 'unsigned',
      seq: anchor.seq,
      message: 'The mark of what retention removed was not made by Foz.',
    });
  if (head !== undefined && !isSigned('head', head, key))
    found({ kind: 'unsigned', seq: head.seq, message: 'The mark of the last record was not made by Foz.' });
  const from = anchor ?? start;
  const checkpoint = checkpointOf(checkpointFile, key, found);
  const walk = new ChainWalk(from, checkpoint, found);
  for await (const rows of pagesOf(store)) {
    // Records added since the head was read are checked separately.
    for (const row of rows)
      if (head === undefined || Number(row.seq) <= head.seq) walk.step(row);
      else await judgeBeyond(row, store, found);
  }
  walk.end(head);
  const { records, last, hash } = walk;
  return {
    ok: problems.length === 0,
    records,
    first: records === 0 ? null : from.seq + 1,
    last,
    hash,
    problems,
  };
}

function checkpointOf(
  file: string | undefined,
  key: Uint8Array,
  found: (problem: AuditProblem) => void,
): SignedChainPosition | undefined {
  if (file === undefined) return undefined;
  try {
    const mark = readCheckpoint(file);
    if (mark === undefined || isSigned('checkpoint', mark, key)) return mark;
  } catch {
    // Reported below.
  }
  found({
    kind: 'checkpoint',
    seq: null,
    message: `The checkpoint in ${file} is not one of this store: it was changed, or it is left over from another store whose place this one took. If the store was replaced or emptied on purpose, delete the file; Foz writes a new one.`,
  });
  return undefined;
}

/** A record after the head that was read. It is valid if the head has moved on since. */
async function judgeBeyond(
  row: AuditRow,
  store: Store,
  found: (problem: AuditProblem) => void,
): Promise<void> {
  const now = await store.read((db) => readPosition(db, 'head'));
  if (now === undefined || Number(row.seq) > now.seq)
    found({
      kind: 'added',
      seq: Number(row.seq),
      message: `Record ${row.seq} stands after the end of the log.`,
    });
}

async function* pagesOf(store: Store): AsyncGenerator<readonly AuditRow[]> {
  let after: string | number | null = null;
  for (;;) {
    const rows: AuditRow[] = await store.read((db: Knex) =>
      db('foz.audit')
        .modify((query) => {
          if (after !== null) query.where('seq', '>', after);
        })
        .orderBy('seq')
        .limit(pageSize),
    );
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)!.seq;
  }
}

/**
 * Follows the chain from record to record, and calls `found` for each fault. `cut`: a record reports that the end
 * before it was cut off.
 */
export class ChainWalk {
  readonly #found: (problem: AuditProblem) => void;
  readonly #checkpoint: SignedChainPosition | undefined;
  #seq: number;
  #at: number;
  hash: string;
  records = 0;
  last: number | null = null;

  constructor(
    from: Omit<SignedChainPosition, 'mac'>,
    checkpoint: SignedChainPosition | undefined,
    found: (problem: AuditProblem) => void,
  ) {
    this.#seq = from.seq;
    this.#at = from.at;
    this.hash = from.hash;
    this.#checkpoint = checkpoint;
    this.#found = found;
    this.#compare();
  }

  step(row: AuditRow): void {
    const seq = Number(row.seq);
    if (seq <= this.#seq) {
      this.#found({ kind: 'added', seq, message: `Record ${seq} stands before the start of the log.` });
      return;
    }
    this.records++;
    if (seq > this.#seq + 1) this.#gap(seq);
    else if (row.previous !== this.hash)
      this.#found({ kind: 'changed', seq, message: `Record ${seq} does not follow the one before it.` });
    this.#content(row, seq);
    this.#seq = seq;
    this.last = seq;
    this.hash = row.hash;
    this.#compare();
  }

  end(head: SignedChainPosition | undefined): void {
    const checkpoint = this.#checkpoint;
    const goal = Math.max(head?.seq ?? 0, checkpoint?.seq ?? 0);
    if (head === undefined && this.records > 0)
      this.#found({ kind: 'unsigned', seq: null, message: 'The mark of the last record is missing.' });
    if (this.#seq < goal)
      this.#found({
        kind: 'cut',
        seq: this.#seq + 1,
        message: `The records ${this.#seq + 1} to ${goal} are missing at the end.`,
      });
    else if (head !== undefined && this.#seq === head.seq && this.hash !== head.hash)
      this.#found({
        kind: 'changed',
        seq: head.seq,
        message: `Record ${head.seq} is not the one that was written last.`,
      });
  }

  #gap(seq: number): void {
    const [from, to] = [this.#seq + 1, seq - 1];
    const what = from === to ? `Record ${from} is missing.` : `The records ${from} to ${to} are missing.`;
    this.#found({ kind: 'removed', seq: from, message: what });
  }

  #content(row: AuditRow, seq: number): void {
    if (chainHash(row.previous, row.record) !== row.hash)
      this.#found({ kind: 'changed', seq, message: `Record ${seq} or its hash was changed.` });
    let record: AuditRecord;
    try {
      record = JSON.parse(row.record);
    } catch {
      this.#found({ kind: 'changed', seq, message: `Record ${seq} is no JSON.` });
      return;
    }
    if (record.seq !== seq)
      this.#found({
        kind: 'reordered',
        seq,
        message: `Record ${record.seq} stands in the place of record ${seq}.`,
      });
    else if (record.at < this.#at)
      this.#found({ kind: 'reordered', seq, message: `Record ${seq} is older than the one before it.` });
    this.#at = record.at;
    if (isBreakRecord(record))
      this.#found({
        kind: 'cut',
        seq,
        message: `Before record ${seq} the end of the log was changed, or an older store was put back: ${record.reason}.`,
      });
    for (const name of changedColumns(row, record))
      this.#found({
        kind: 'changed',
        seq,
        message: `Record ${seq} was changed: its column ${name} is not what was written.`,
      });
  }

  /** The chain must contain the record of the checkpoint. */
  #compare(): void {
    const mark = this.#checkpoint;
    if (mark !== undefined && mark.seq === this.#seq && mark.hash !== this.hash)
      this.#found({
        kind: 'changed',
        seq: mark.seq,
        message: `The log was written anew up to record ${mark.seq}: it is not what the checkpoint has seen.`,
      });
  }
}

function changedColumns(row: AuditRow, record: AuditRecord): string[] {
  try {
    return Object.entries(columnsOf(record))
      .filter(([name, value]) => {
        const stored = row[name as keyof AuditRow];
        return (stored === null ? null : String(stored)) !== (value === null ? null : String(value));
      })
      .map(([name]) => name);
  } catch {
    return ['record'];
  }
}
