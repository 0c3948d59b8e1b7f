import type { Connector } from '../plan/index.ts';

/** Numbers connectors, so that a text can identify them. */
export class ConnectorIds {
  readonly #ids = new WeakMap<Connector, number>();
  #last = 0;

  of(connector: Connector): string {
    const mark = this.#ids.get(connector) ?? ++this.#last;
    this.#ids.set(connector, mark);
    return String(mark);
  }
}
