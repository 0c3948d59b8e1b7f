import type { EqualRows } from '../../execute/index.ts';
import type { ChangedTable, ChangeMessage, RowImage } from '../../plan/index.ts';

/** A change of one row, or of unknown rows of a table (`null`). */
export type RowChange = Omit<Extract<ChangeMessage, { kind: 'row' }>, 'kind' | 'table'> | null;

/** A subscription that watches tables. */
export interface Watcher {
  /** Called when data that it depends on may have changed. Calls are cheap and may be repeated. */
  touch(): void;
}

/** Watchers of one table. `any`: of all rows; `equal`: of rows with a certain value in a column. */
interface TableWatchers {
  readonly table: ChangedTable;
  readonly any: Set<Watcher>;
  /** By column and canonical text of the value. */
  readonly equal: Map<string, Map<string, Set<Watcher>>>;
}

/** The key of a table among those of its source. */
export function tableKey({ namespace, name }: ChangedTable): string {
  return JSON.stringify([namespace, name]);
}

/** Finds the watchers that a change concerns. */
export class Watchers {
  readonly #byTable = new Map<string, TableWatchers>();

  /** The watched tables. */
  get tables(): readonly ChangedTable[] {
    return [...this.#byTable.values()].map(({ table }) => table);
  }

  /** The watched tables, with the columns by whose values watchers are found. */
  get columns(): readonly (ChangedTable & { readonly columns: readonly string[] })[] {
    return [...this.#byTable.values()].map(({ table, equal }) => ({
      ...table,
      columns: [...equal.keys()].sort(),
    }));
  }

  has(table: ChangedTable): boolean {
    return this.#byTable.has(tableKey(table));
  }

  /** Adds a watcher of a table. `rows`: only changes of these rows concern it; `null`: all do. Returns a function that removes it. */
  add(table: ChangedTable, rows: EqualRows['columns'][number] | null, watcher: Watcher): () => void {
    const key = tableKey(table);
    let entry = this.#byTable.get(key);
    if (entry === undefined) {
      entry = { table, any: new Set(), equal: new Map() };
      this.#byTable.set(key, entry);
    }
    const { any, equal } = entry;
    const remove = rows === null ? addTo(any, watcher) : addEqual(equal, rows, watcher);
    return () => {
      remove();
      if (any.size === 0 && equal.size === 0) this.#byTable.delete(key);
    };
  }

  /** Touches the watchers of rows that the change concerns. */
  changed(table: ChangedTable, change: RowChange): void {
    const entry = this.#byTable.get(tableKey(table));
    if (entry === undefined) return;
    for (const watcher of entry.any) watcher.touch();
    for (const [column, byText] of entry.equal) touchEqual(column, byText, change);
  }

  /** Touches all watchers of the tables; default: of every table. */
  all(tables: Iterable<ChangedTable> = this.tables): void {
    for (const table of tables) this.changed(table, null);
  }
}

function addTo(watchers: Set<Watcher>, watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

function addEqual(
  equal: TableWatchers['equal'],
  { name, text }: EqualRows['columns'][number],
  watcher: Watcher,
): () => void {
  let byText = equal.get(name);
  if (byText === undefined) {
    byText = new Map();
    equal.set(name, byText);
  }
  let watchers = byText.get(text);
  if (watchers === undefined) {
    watchers = new Set();
    byText.set(text, watchers);
  }
  const [texts, those] = [byText, watchers];
  those.add(watcher);
  return () => {
    those.delete(watcher);
    if (those.size === 0 && texts.get(text) === those) texts.delete(text);
    if (texts.size === 0 && equal.get(name) === texts) equal.delete(name);
  };
}

/** Touches the watchers of the old and of the new value of the column. If one of the values is not known, touches all watchers. */
function touchEqual(
  column: string,
  byText: ReadonlyMap<string, ReadonlySet<Watcher>>,
  change: RowChange,
): void {
  const texts = imagesOf(change).map((image) => (image === null ? undefined : textIn(image, column)));
  const isKnown = texts.every((text) => text !== undefined);
  for (const watchers of isKnown ? texts.map((text) => byText.get(text)) : byText.values())
    for (const watcher of watchers ?? []) watcher.touch();
}

/** The rows before and after the change, as far as they exist; `null`: the row is not reported. */
function imagesOf(change: RowChange): readonly (RowImage | null)[] {
  switch (change?.op) {
    case undefined:
      return [null];
    case 'insert':
      return [change.new];
    case 'update':
      return [change.old, change.new];
    case 'delete':
      return [change.old];
  }
}

/** The value of a column as a canonical text, for types whose texts are equal if the values are; `undefined`: it is not known. */
function textIn({ columns, values }: RowImage, column: string): string | undefined {
  const value = values[columns.indexOf(column)];
  if (value === null) return '';
  if (typeof value === 'string') return value.toLowerCase();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}
