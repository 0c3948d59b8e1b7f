import { FozError } from '../../core/index.ts';
import type { StoreLog } from '../../store/index.ts';
import { Follower, failureFields } from '../../store/index.ts';
import type { Graphs, NameBook } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';
import type { ControlPlane } from '../plane.ts';
import { forgetKeptNames, NamesFile, NamesInMemory, type NamesKeeper } from './names-file.ts';
import { StoredNames } from './stored-names.ts';

export interface LiveNamesOptions {
  readonly graphs: Graphs;
  readonly keeper: NamesKeeper;
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
  /** Whether all sources are known: before that, a new name could be one that belongs to a table of a source not read yet. */
  readonly isReady: () => boolean;
  readonly log: StoreLog;
}

/**
 * Synchronizes the names of tables and relationships with the store or the file: new names are written after each change of the graph, and
 * names written by other processes are loaded.
 */
export class LiveNames {
  readonly #options: LiveNamesOptions;
  readonly #follower: Follower;
  readonly #isInStore: boolean;
  #unlisten: () => void = () => {};
  #lastError = '';

  constructor(options: LiveNamesOptions) {
    this.#options = options;
    const { keeper, plane } = options;
    this.#isInStore = keeper instanceof StoredNames && plane !== null;
    this.#follower = new Follower({
      store: this.#isInStore ? plane!.store : null,
      topics: ['names'],
      align: () => this.#align(),
      failed: (error) =>
        options.log.error({ ...failureFields(error), names: keeper.place }, 'names are not kept'),
    });
  }

  /** Loads the stored names, and writes new ones until `close`. `reads`: never writes. */
  async start(reads: 'reads' | 'writes' = 'writes'): Promise<void> {
    const { graphs, keeper } = this.#options;
    if (reads === 'reads') {
      graphs.useNames(await keeper.read());
      return;
    }
    const update = () =>
      this.#follower.update().catch((error: unknown) => {
        // After a failed write to a file, the next change tries again.
        if (this.#isInStore) this.#follower.retrySoon();
        else this.#log(error);
      });
    if (this.#isInStore) await this.#follower.start();
    else await update();
    this.#unlisten = graphs.onSwap(() => void update());
  }

  /** Whether the names in the store were read; true where they are in a file. */
  get isRead(): boolean {
    return this.#follower.isRead;
  }

  /** Resolves when the names in the store were read. */
  whenRead(): Promise<void> {
    return this.#follower.whenRead();
  }

  /** Logs an error, unless it is the same as the last one. */
  #log(error: unknown): void {
    const { keeper, log } = this.#options;
    const reason =
      error instanceof FozError ? `${error.message} ${error.internal ?? ''}`.trim() : String(error);
    if (reason !== this.#lastError) log.error({ names: keeper.place, reason }, 'names are not kept');
    this.#lastError = reason;
  }

  /** Discards the names of a source or of one table (`public.orders`), so that they are generated again. Returns whether there were any. */
  async reset(source: string, place: string | null): Promise<boolean> {
    const { keeper, graphs } = this.#options;
    const { book, found } = await forgetKeptNames(keeper, source, place);
    graphs.useNames(book);
    await this.#follower.update();
    return found;
  }

  close(): void {
    this.#unlisten();
    this.#follower.close();
  }

  async #align(): Promise<void> {
    const { graphs, keeper, isReady } = this.#options;
    graphs.useNames(await keeper.read());
    if (!isReady() || graphs.newNames() === null) return;
    graphs.useNames(await keeper.write((book: NameBook) => graphs.newNames(book)));
  }
}

/**
 * The storage of names: the file that the configuration names, else the store, else a file in the state folder. A configuration that was
 * built in code has no state folder; its names last as long as the process.
 */
export function namesKeeperOf(
  { names, state }: Pick<FozConfig, 'names' | 'state'>,
  plane: Pick<ControlPlane, 'store'> | null,
): NamesKeeper {
  if (names !== undefined) return new NamesFile(names);
  if (plane !== null) return new StoredNames(plane.store);
  return state === undefined ? new NamesInMemory() : NamesFile.inState(state);
}
