import type { Column, Table } from '../../catalog/index.ts';
import type { EndSignal } from '../../core/index.ts';
import { always, type ChangedTable, type Connector, type Statement } from '../../plan/index.ts';
import { tableKey } from './watchers.ts';

/** Milliseconds after which a check is given up. */
const patienceMs = 10_000;
/** At every so many polls the queries of a table run without a check, since a check finds neither deleted rows nor writes with lower versions. */
const everyPolls = 30;

interface CheckedTable {
  readonly statement: Statement;
  /** The greatest version that was seen, as JSON; `null`: none was seen yet. */
  last: string | null;
  isChecking: boolean;
  polls: number;
}

/** Checks the version columns of polled tables: one cheap statement instead of all watched queries of a table. */
export class VersionChecks {
  readonly #connector: Pick<Connector, 'compileFetch' | 'run'>;
  readonly #signal: EndSignal;
  readonly #tables = new Map<string, CheckedTable>();

  constructor(connector: Pick<Connector, 'compileFetch' | 'run'>, signal: EndSignal) {
    this.#connector = connector;
    this.#signal = signal;
  }

  /** Checks a table from now on, if it has a version column. */
  watch(table: Table): void {
    const key = tableKey(table);
    const { versionColumn: column } = table;
    if (column === null) this.#tables.delete(key);
    else {
      const { statement } = this.#connector.compileFetch(greatest(table, column));
      if (this.#tables.get(key)?.statement.text !== statement.text)
        this.#tables.set(key, { statement, last: null, isChecking: false, polls: 0 });
    }
  }

  /** Calls `touch` for each of the tables whose rows may have changed since the last call. */
  poll(tables: readonly ChangedTable[], touch: (tables: readonly ChangedTable[]) => void): void {
    for (const table of tables) {
      const checked = this.#tables.get(tableKey(table));
      if (checked === undefined || ++checked.polls % everyPolls === 0) touch([table]);
      else if (!checked.isChecking) void this.#check(checked, () => touch([table]));
    }
  }

  /** Calls `touch` where the greatest version has changed. Where the check fails, too: the watched queries then run and report why. */
  async #check(checked: CheckedTable, touch: () => void): Promise<void> {
    checked.isChecking = true;
    const context = { signal: this.#signal, timeoutMs: patienceMs };
    const now = await this.#connector.run(checked.statement, [], context).then(
      ({ rows }) => JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      () => null,
    );
    checked.isChecking = false;
    const isSame = now !== null && now === checked.last;
    checked.last = now;
    if (!isSame && !this.#signal.aborted) touch();
  }
}

function greatest(table: Table, column: Column) {
  const measured = { kind: 'column', key: 'version', column, type: column.type } as const;
  const max = { kind: 'function', key: 'max', fn: 'max', columns: [measured] } as const;
  return {
    kind: 'aggregate',
    aggregate: {
      table,
      where: always,
      orderBy: [],
      distinctOn: [],
      limit: null,
      offset: null,
      parts: [{ kind: 'aggregate', key: 'aggregate', items: [max] }],
    },
  } as const;
}
