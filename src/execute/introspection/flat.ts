/**
 * A text that may be written again and again. Text that was put together stays a tree of its parts, which is walked each time
 * that it is written; one that is written often is put in one piece.
 */
export class Repeated {
  #text: string;
  #uses = 0;

  constructor(text: string) {
    this.#text = text;
  }

  use(): string {
    if (++this.#uses === 4) this.#text = flat(this.#text);
    return this.#text;
  }
}

/** What was made for a value lately. Forgets everything when there is too much of it: what is asked for often is soon there again. */
export class Lately<Made extends object> {
  readonly #made = new Map<unknown, Made>();

  get(value: unknown, make: () => Made): Made {
    let made = this.#made.get(value);
    if (made === undefined) {
      made = make();
      if (this.#made.size >= mostRemembered) this.#made.clear();
      this.#made.set(value, made);
    }
    return made;
  }
}

const mostRemembered = 500;

/** The same text in one piece. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
