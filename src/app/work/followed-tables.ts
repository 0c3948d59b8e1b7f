import type { Column, Table } from '../../catalog/index.ts';
import { FozError, RequestEnd, type SourceName } from '../../core/index.ts';
import type { Feeds } from '../../events/index.ts';

/** A table whose changes are recorded, and the columns that are needed of rows before a change. */
export interface FollowedTable {
  readonly table: Table;
  readonly old: readonly Column[];
}

interface Hold {
  readonly followed: FollowedTable;
  readonly end: RequestEnd;
  problem: string | null;
  release: () => void;
}

/** Has the changes of tables of one source recorded in the store. */
export class FollowedTables {
  readonly #source: SourceName;
  readonly #feeds: Feeds;
  readonly #onStored: () => void;
  readonly #holds = new Map<string, Hold>();
  #watch: { stop(): void } | null = null;
  #unlisten: () => void = () => {};

  constructor(source: SourceName, feeds: Feeds, onStored: () => void) {
    this.#source = source;
    this.#feeds = feeds;
    this.#onStored = onStored;
  }

  /** Why the changes of a table are not recorded; `null`: they are, or soon will be. */
  problemOf({ id }: Table): string | null {
    return this.#holds.get(id)?.problem ?? null;
  }

  /** Follows these tables from now on. What has failed is tried again. `reader`: see `Feeds.readAs`. */
  use(tables: readonly FollowedTable[], reader: string | null): void {
    this.#feeds.readAs(this.#source, reader);
    const watch = this.#feeds.watch(
      tables.map(({ table }) => table),
      null,
      { touch: () => {} },
    );
    this.#watch?.stop();
    this.#watch = watch;
    this.#unlisten();
    this.#unlisten = this.#feeds.onStored(this.#source, this.#onStored);
    const wanted = new Map(tables.map((one) => [one.table.id, one]));
    for (const [id, hold] of this.#holds)
      if (wanted.get(id)?.table !== hold.followed.table || hold.problem !== null) this.#release(id, hold);
    for (const [id, one] of wanted) if (!this.#holds.has(id)) this.#hold(id, one);
  }

  close(): void {
    this.#unlisten();
    for (const [id, hold] of this.#holds) this.#release(id, hold);
    this.#watch?.stop();
    this.#watch = null;
  }

  #release(id: string, { end, release }: Hold): void {
    this.#holds.delete(id);
    end.abort();
    release();
  }

  #hold(id: string, followed: FollowedTable): void {
    const hold: Hold = { followed, end: new RequestEnd(), problem: null, release: () => {} };
    this.#holds.set(id, hold);
    this.#feeds.keepRows(followed.table, followed.old, hold.end).then(
      (release) => {
        hold.release = release;
        if (this.#holds.get(id) !== hold) release();
      },
      (error: unknown) => {
        hold.problem = error instanceof FozError ? error.message : String(error);
      },
    );
  }
}
