import { LRUCache } from 'lru-cache';

/** Most statements that an engine process keeps compiled, most characters of all of them, and of a single one. */
const most = { count: 500, together: 2 ** 20, each: 64 * 1024 } as const;

/** How a statement is asked for: `id` null: it is not kept; `text` null: it is compiled there already; `forget`: those to drop before. */
export interface StatementCall {
  readonly id: number | null;
  readonly text: string | null;
  readonly forget: readonly number[];
}

/** The statements that one engine process keeps compiled. The ones that were used least recently go first. */
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
