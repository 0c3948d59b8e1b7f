import type { Column, Table } from '../../catalog/index.ts';
import type { EndSignal } from '../../core/index.ts';
import { always, type ChangedTable, type Connector, type Statement } from '../../plan/index.ts';
import { tableKey } from './watchers.ts';

/** Milliseconds after which a look is given up. */
const patienceMs = 10_000;
/** How often a table is polled until its queries run without a look. A look finds neither deleted rows nor writes with lower versions. */
const everyPolls = 30;

interface Looked {
  readonly statement: Statement;
  /** The greatest version that was seen, as JSON; `null`: none was seen yet. */
  last: string | null;
  isLooking: boolean;
  polls: number;
}

/** Looks at the version columns of polled tables: one cheap statement instead of all watched queries of a table. */
export class VersionLooks {
  readonly #connector: Pick<Connector, 'compileFetch' | 'run'>;
  readonly #signal: EndSignal;
  readonly #looked = new Map<string, Looked>();

  constructor(connector: Pick<Connector, 'compileFetch' | 'run'>, signal: EndSignal) {
    this.#connector = connector;
    this.#signal = signal;
  }

  /** Looks at a table from now on, if it has a version column. */
  watch(table: Table): void {
    const key = tableKey(table);
    const { versionColumn: column } = table;
    if (column === null) this.#looked.delete(key);
    else {
      const { statement } = this.#connector.compileFetch(greatest(table, column));
      if (this.#looked.get(key)?.statement.text !== statement.text)
        this.#looked.set(key, { statement, last: null, isLooking: false, polls: 0 });
    }
  }

  /** Calls `touch` for each of the tables whose rows may have changed since the last call. */
  poll(tables: readonly ChangedTable[], touch: (tables: readonly ChangedTable[]) => void): void {
    for (const table of tables) {
      const looked = this.#looked.get(tableKey(table));
      if (looked === undefined || ++looked.polls % everyPolls === 0) touch([table]);
      else if (!looked.isLooking) void this.#look(looked, () => touch([table]));
    }
  }

  /** Where the look fails, the watched queries run and report why. */
  async #look(looked: Looked, touch: () => void): Promise<void> {
    looked.isLooking = true;
    const context = { signal: this.#signal, timeoutMs: patienceMs };
    const now = await this.#connector.run(looked.statement, [], context).then(
      ({ rows }) => JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      () => null,
    );
    looked.isLooking = false;
    const isSame = now !== null && now === looked.last;
    looked.last = now;
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
