import type { Column, Table } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { ChangedTable, ChangeOffer, Changes } from '../../plan/index.ts';
import { tableKey } from './watchers.ts';

/** The tables whose changed rows the stream of a feed contains, and the columns of the row before a change. */
export class ReportedRows {
  #isKnown = false;
  #best: ChangeOffer | null = null;
  #obstacles: readonly string[] = [];
  #unseen: ReadonlyMap<string, ChangedTable> = new Map();

  /** Notes an offer of the database. `best`: the method in use; `null`: none can be used. `unseen`: tables that it does not report, by key. */
  offered(
    best: ChangeOffer | null,
    obstacles: readonly string[],
    unseen: ReadonlyMap<string, ChangedTable>,
  ): void {
    this.#isKnown = true;
    this.#best = best;
    this.#obstacles = obstacles;
    this.#unseen = unseen;
  }

  /** Checks that changed rows of a table are reported. Throws FozError `not-supported` where the stream lacks the changed rows of a table, or the old values of the columns. */
  check(changes: Changes | null, table: Table, neededOld: readonly Column[]): void {
    const { name } = table.source;
    if (changes === null)
      throw new FozError(
        'not-supported',
        'The changed rows of a database of this kind are not reported: subscribe to the rows themselves, or with "_stream" to new ones.',
        { internal: `${table.source.engine} reports no changed rows.` },
      );
    const reason = this.#reason(table);
    if (reason !== null)
      throw new FozError(
        'not-supported',
        `The database does not report the changed rows of this table, as it is set up: "foz changes status" says why, "foz changes setup ${name}" what helps.`,
        { internal: reason },
      );
    const missing = neededOld.find((column) => !this.#hasOld(table, column));
    if (missing !== undefined)
      throw new FozError(
        'not-supported',
        'The database reports only the key of the row before a change, but the filter, or the mask of a column, needs more: let it report whole rows (on PostgreSQL: REPLICA IDENTITY FULL).',
        { internal: `${table.id}.${missing.name}` },
      );
  }

  /** Why changed rows are not reported, for admins; `null`: they are, or the database was not asked yet. */
  #reason(table: Table): string | null {
    if (!this.#isKnown) return null;
    if (this.#best === null) return ['No method can be used.', ...this.#obstacles].join(' ');
    if (this.#best.grain !== 'rows') return 'The method reports that something was changed, but no rows.';
    if (!this.#unseen.has(tableKey(table))) return null;
    return this.#gapOf(table)?.reason ?? `The changes of ${table.id} are not reported.`;
  }

  #gapOf(table: ChangedTable) {
    const key = tableKey(table);
    return this.#best?.gaps.find((gap) => tableKey(gap.table) === key);
  }

  #hasOld(table: Table, { name }: Column): boolean {
    if (this.#gapOf(table)?.old !== 'key') return true;
    return table.primaryKey?.columns.some((column) => column.name === name) ?? false;
  }
}
