import type { ChangedTable, ChangeMessage } from '../../plan/index.ts';
import { type RowChange, tableKey, type Watchers } from './watchers.ts';

/** Most changed rows of a table that are matched one by one in a transaction. Beyond them all rows of the table count as changed. */
const mostRows = 1000;

/** Collects the changes of one transaction to watched tables until its commit. */
export class Transaction {
  readonly #watchers: Watchers;
  readonly #changes = new Map<string, { readonly table: ChangedTable; rows: RowChange[] | null }>();

  constructor(watchers: Watchers) {
    this.#watchers = watchers;
  }

  add(message: Extract<ChangeMessage, { kind: 'row' | 'truncate' }>): void {
    if (message.kind === 'row') this.#add(message.table, message);
    else for (const table of message.tables) this.#add(table, null);
  }

  /** Touches the watchers that the transaction concerns. */
  commit(): void {
    for (const { table, rows } of this.#changes.values()) {
      if (rows === null) this.#watchers.changed(table, null);
      else for (const row of rows) this.#watchers.changed(table, row);
    }
    this.#changes.clear();
  }

  #add(table: ChangedTable, row: RowChange): void {
    if (!this.#watchers.has(table)) return;
    const key = tableKey(table);
    let changes = this.#changes.get(key);
    if (changes === undefined) {
      changes = { table, rows: [] };
      this.#changes.set(key, changes);
    }
    if (row === null || (changes.rows?.length ?? 0) >= mostRows) changes.rows = null;
    else changes.rows?.push(row);
  }
}
