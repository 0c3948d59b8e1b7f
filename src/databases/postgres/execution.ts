import type { Connection, Submittable } from 'pg';
import type { FozError } from '../../core/index.ts';
import { affectedRows } from './wire.ts';

/** What the server answered to one round trip. */
export interface Answer {
  readonly rows: (string | null)[][];
  readonly affected: number;
  /** Tag of the last command: `COMMIT`, `SELECT 3`. */
  readonly tag: string;
  /** See `RunResult`. */
  readonly withheld?: FozError;
}

/** One round trip, handed to the pg client as a query of its own kind: rows are kept as the arrays of text that the wire brings. */
export class Execution implements Submittable {
  readonly #message: Buffer;
  readonly #done: (error: unknown, answer: Answer | null) => void;
  #rows: (string | null)[][] = [];
  #tag = '';
  /** Leading commands whose rows are not part of the answer. */
  #leads: number;

  /** `done` is called once: with an answer when the server is ready again, with an error as soon as it arrives. */
  constructor(message: Buffer, leads: number, done: (error: unknown, answer: Answer | null) => void) {
    this.#message = message;
    this.#leads = leads;
    this.#done = done;
  }

  submit(connection: Connection): void {
    connection.stream.write(this.#message);
  }

  handleDataRow(message: { readonly fields: (string | null)[] }): void {
    this.#rows.push(message.fields);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#tag = message.text;
    if (this.#leads === 0) return;
    this.#leads--;
    this.#rows = [];
  }

  handleReadyForQuery(): void {
    this.#done(null, { rows: this.#rows, affected: affectedRows(this.#tag), tag: this.#tag });
  }

  handleError(error: unknown): void {
    this.#done(error, null);
  }

  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
  /** COPY is never asked for; a connection on which it starts cannot go on. */
  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy(new Error('COPY is not supported'));
  }
}
