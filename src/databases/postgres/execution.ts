import type { Connection, Submittable } from 'pg';
import type { FozError } from '../../core/index.ts';
import type { ResultColumn } from '../../plan/index.ts';
import { resultColumn } from './result-columns.ts';
import { affectedRows } from './wire.ts';

/** The server's answer to one round trip. */
export interface Answer {
  readonly rows: (string | null)[][];
  readonly affected: number;
  /** Tag of the last command: `COMMIT`, `SELECT 3`. */
  readonly tag: string;
  /** See `RunResult`. */
  readonly withheld?: FozError;
  /** Of a statement that describes its result. */
  readonly columns?: readonly ResultColumn[];
}

/** One round trip, submitted to the pg client as a custom query. Rows stay arrays of text, as received. */
export class Execution implements Submittable {
  readonly #message: Buffer;
  readonly #done: (error: unknown, answer: Answer | null) => void;
  #rows: (string | null)[][] = [];
  #tag = '';
  #columns: readonly ResultColumn[] | null = null;
  /** Number of leading commands whose rows are not part of the answer. */
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
    this.#done(null, {
      ...{ rows: this.#rows, affected: affectedRows(this.#tag), tag: this.#tag },
      ...(this.#columns !== null && { columns: this.#columns }),
    });
  }

  handleError(error: unknown): void {
    this.#done(error, null);
  }

  handleRowDescription(message: {
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  }): void {
    this.#columns = message.fields.map(({ name, dataTypeID }) => resultColumn(name, dataTypeID));
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
  /** Foz never sends COPY. A connection on which it starts cannot be used any more. */
  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy(new Error('COPY is not supported'));
  }
}
