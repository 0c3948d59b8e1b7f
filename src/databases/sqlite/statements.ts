import { LRUCache } from 'lru-cache';

/** Limits of the cached compiled statements of an engine process: their number, their characters together, and those of a single one. */
const most = { count: 500, together: 2 ** 20, each: 64 * 1024 } as const;

/** The call of a statement. `id` null: it is not cached; `text` null: it is already compiled; `forget`: statements to drop first. */
export interface StatementCall {
  readonly id: number | null;
  readonly text: string | null;
  readonly forget: readonly number[];
}

/**
 * The ids of the prepared statements that one engine process keeps, by SQL text. The least recently used ones go first; the next call tells
 * the process to drop them.
 */
export class CompiledStatements {
  readonly #ids: LRUCache<string, number>;
  #dropped: number[] = [];
  #next = 0;

  constructor() {
    this.#ids = new LRUCache({
      max: most.count,
      maxSize: most.together,
      sizeCalculation: (_id, text) => Math.max(1, text.length),
      dispose: (id) => void this.#dropped.push(id),
    });
  }

  call(text: string): StatementCall {
    if (text.length > most.each) return { id: null, text, forget: this.#takeDropped() };
    const known = this.#ids.get(text);
    if (known !== undefined) return { id: known, text: null, forget: this.#takeDropped() };
    const id = this.#next++;
    this.#ids.set(text, id);
    return { id, text, forget: this.#takeDropped() };
  }

  /** Forgets a statement that could not be compiled. */
  forget(text: string): void {
    this.#ids.delete(text);
  }

  #takeDropped(): readonly number[] {
    if (this.#dropped.length === 0) return none;
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }
}

const none: readonly number[] = [];
