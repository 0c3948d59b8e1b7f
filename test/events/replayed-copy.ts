import type { Subscriber } from './subscriber.ts';

export interface Row {
  readonly id: number;
  readonly title: string;
}
interface Change {
  readonly op: string;
  readonly old: { readonly id: number } | null;
  readonly new: Row | null;
  readonly position: string;
}

/** A copy of the rows that a caller sees, kept up to date by its subscription. It unsubscribes and resumes at its last position. */
export class ReplayedCopy {
  readonly rows = new Map<number, Row>();
  readonly #open: (query: string) => Promise<Subscriber>;
  readonly #where: string;
  readonly #seed: number;
  #subscriber: Subscriber | null = null;
  #taken = 0;
  #position: string | null = null;

  /** `seed`: named where an expectation fails. */
  constructor(where: string, seed: number, open: (query: string) => Promise<Subscriber>) {
    this.#seed = seed;
    this.#where = where;
    this.#open = open;
  }

  async come(): Promise<void> {
    const after = this.#position === null ? '' : `, after: "${this.#position}"`;
    this.#subscriber = await this.#open(
      `subscription { moves_changes(batch_size: 7, where: ${this.#where}${after}) { op old { id } new { id title } position } }`,
    );
    this.#taken = 0;
    await this.#subscriber.started();
  }

  /** Applies what has come so far. */
  apply(): void {
    const { answers } = this.#subscriber!;
    for (const { data, errors } of answers.slice(this.#taken)) {
      expect([this.#seed, errors]).toEqual([this.#seed, undefined]);
      for (const change of data.moves_changes as Change[]) this.#applyOne(change);
    }
    this.#taken = answers.length;
  }

  async leave(): Promise<void> {
    this.apply();
    // Without a position it could not come back to where it was.
    if (this.#position === null) return;
    this.#subscriber!.close();
    await this.come();
  }

  close(): void {
    this.#subscriber?.close();
  }

  #applyOne({ op, old, new: after, position }: Change): void {
    this.#position = position;
    if (op === 'insert')
      expect([this.#seed, old, this.rows.has(after!.id)]).toEqual([this.#seed, null, false]);
    else expect([this.#seed, this.rows.delete(old!.id)]).toEqual([this.#seed, true]);
    if (op === 'delete') expect([this.#seed, after]).toEqual([this.#seed, null]);
    else this.rows.set(after!.id, after!);
  }
}
