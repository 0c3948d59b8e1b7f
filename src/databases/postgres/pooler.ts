/**
 * What is known of a connection pooler (PgBouncer and its like) between Foz and the server; shared by all connections to one
 * source. Behind one that hands each transaction to another server connection, prepared statements stand where they are not
 * looked for, so that statements go unnamed.
 */
export class Pooler {
  /** Told once, when a pooler is noticed. */
  readonly #onNoticed: () => void;
  /** Whether the first connection is asked if it leads to a pooler. */
  readonly #asks: boolean;
  #isAsked = false;
  #isNoticed = false;

  constructor(asks: boolean, onNoticed: () => void) {
    this.#asks = asks;
    this.#onNoticed = onNoticed;
  }

  /** Statements go unnamed. */
  get isNoticed(): boolean {
    return this.#isNoticed;
  }

  /** True once: for the connection that is to be asked. */
  takeQuestion(): boolean {
    const asks = this.#asks && !this.#isAsked;
    this.#isAsked = true;
    return asks;
  }

  notice(): void {
    if (this.#isNoticed) return;
    this.#isNoticed = true;
    this.#onNoticed();
  }
}

/** The process that serves a connection; a pooler tells another number when the connection is opened. */
export const processQuery = 'select pg_catalog.pg_backend_pid()';
