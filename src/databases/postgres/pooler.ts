/**
 * Detects a connection pooler (such as PgBouncer) between Foz and the server; shared by all connections to a source. A pooler may give each
 * transaction another server connection, where the prepared statements of the client are missing. Behind one, statements are therefore
 * sent unnamed.
 */
export class Pooler {
  /** Called once, when a pooler is noticed. */
  readonly #onNoticed: () => void;
  /** Whether the first connection is tested for a pooler. */
  readonly #asks: boolean;
  #isAsked = false;
  #isDirect = false;
  #isNoticed = false;
  #mixUps = 0;

  constructor(asks: boolean, onNoticed: () => void) {
    this.#asks = asks;
    this.#onNoticed = onNoticed;
  }

  /** Whether a pooler was noticed, so that statements are sent unnamed. */
  get isNoticed(): boolean {
    return this.#isNoticed;
  }

  /** True once, until it is `unanswered`: for the connection that is to be tested. */
  takeQuestion(): boolean {
    const asks = this.#asks && !this.#isAsked;
    this.#isAsked = true;
    return asks;
  }

  /** Takes the result of the test. */
  answered(isPooled: boolean): void {
    this.#isDirect = !isPooled;
    if (isPooled) this.#notice();
  }

  /** The tested connection has failed: the next one is tested. */
  unanswered(): void {
    this.#isAsked = false;
  }

  /** A prepared statement was missing, or existed already. A server without a pooler may lose its prepared statements now and then, too. */
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

/** The server process behind a connection. A pooler reports another number when the connection is opened. */
export const processQuery = 'select pg_catalog.pg_backend_pid()';
