import { Subscriber } from '../events/subscriber.ts';
import { pause } from '../support/wait.ts';

interface Change {
  readonly old: { readonly id: number } | null;
  readonly new: { readonly id: number; readonly n: number } | null;
  readonly position: string;
}

/** The server that the client talks to. It may be down. */
export interface FozOfCopy {
  readonly url: () => string;
  readonly headers: Readonly<Record<string, string>>;
  /** The present rows; `undefined`: they cannot be read now. */
  readonly rows: () => Promise<readonly { readonly id: number; readonly n: number }[] | undefined>;
}

/** Codes of errors after which a client reads the table again. */
const gaps = new Set(['not-found', 'unavailable', 'limit-exceeded']);

/**
 * A copy of the table `counters` that a client keeps by its changes: it resumes at its last position, and reads the table again only where
 * it is told to. Any other error is a failure.
 */
export class ChangesCopy {
  readonly rows = new Map<number, number>();
  readonly failures: string[] = [];
  /** How often it resumed, and how often it had to read the table. */
  resumed = 0;
  read = 0;
  /** How many changes it has applied. */
  applied = 0;
  readonly #foz: FozOfCopy;
  #position: string | null = null;
  #isOver = false;
  #subscriber: Subscriber | null = null;
  readonly #following: Promise<void>;

  constructor(foz: FozOfCopy) {
    this.#foz = foz;
    this.#following = this.#follow();
  }

  get text(): string {
    return JSON.stringify([...this.rows].sort(([a], [b]) => a - b).map(([id, n]) => ({ id, n })));
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#subscriber?.close();
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (!this.#isOver) {
      await this.#once().catch(() => {});
      this.#subscriber?.close();
      await pause(100);
    }
  }

  /** Follows one subscription until it ends. Rejects while Foz does not answer. */
  async #once(): Promise<void> {
    const after = this.#position === null ? '' : `(after: "${this.#position}")`;
    const text = `subscription { counters_changes${after} { old { id } new { id n } position } }`;
    const subscriber = await Subscriber.open(this.#foz.url(), { query: text }, this.#foz.headers);
    this.#subscriber = subscriber;
    let taken = 0;
    const take = (): boolean => {
      for (const { data, errors } of subscriber.answers.slice(taken)) {
        taken++;
        if (errors !== undefined) return this.#failed(errors[0]!);
        for (const change of data.counters_changes as Change[]) this.#apply(change);
      }
      return true;
    };
    while (subscriber.answers.length === 0 && !subscriber.isOver && !this.#isOver) await pause(10);
    if (!take()) return;
    if (this.#position === null) await this.#readTable();
    else this.resumed++;
    while (!this.#isOver && take() && !subscriber.isOver) await pause(10);
    take();
  }

  /** Changes from now on are sent, so those that the table has already are applied again by their keys. */
  async #readTable(): Promise<void> {
    const rows = await this.#foz.rows();
    if (rows === undefined) throw new Error('The table could not be read.');
    this.rows.clear();
    for (const { id, n } of rows) this.rows.set(id, n);
    this.read++;
  }

  #apply({ old, new: after, position }: Change): void {
    if (old !== null) this.rows.delete(old.id);
    if (after !== null) this.rows.set(after.id, after.n);
    this.#position = position;
    this.applied++;
  }

  #failed({
    message,
    extensions: { code },
  }: {
    readonly message: string;
    readonly extensions: { readonly code: string };
  }): false {
    if (!gaps.has(code)) this.failures.push(message);
    this.#position = null;
    return false;
  }
}
