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
  #isDirect = false;
  #isNoticed = false;
  #mixUps = 0;

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

  /** What the connection that was asked has answered. */
  answered(isPooled: boolean): void {
    this.#isDirect = !isPooled;
    if (isPooled) this.#notice();
  }

  /** A statement met a name that it does not know, or one that is there already. A server by itself may forget its statements now and then. */
  mixedUp(): void {
    this.#mixUps++;
    if (!this.#isDirect || this.#mixUps > mostMixUps) this.#notice();
  }

  #notice(): void {
    if (this.#isNoticed) return;
    this.#isNoticed = true;
    this.#onNoticed();
  }
}

const mostMixUps = 20;

/** The process that serves a connection; a pooler tells another number when the connection is opened. */
export const processQuery = 'select pg_catalog.pg_backend_pid()';
