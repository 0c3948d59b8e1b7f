import type { Connector } from '../plan/index.ts';

/** Numbers connectors, so that they can be told apart by a text. */
export class Marks {
  readonly #marks = new WeakMap<Connector, number>();
  #last = 0;

  of(connector: Connector): string {
    const mark = this.#marks.get(connector) ?? ++this.#last;
    this.#marks.set(connector, mark);
    return String(mark);
  }
}
