/**
 * A text that may be written repeatedly. V8 keeps a concatenated string as a tree of its parts and walks it at each write. A text that is
 * written often is flattened.
 */
export class ReusableText {
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

/** A small cache of results by value. It is emptied as a whole when it is full: frequent entries are soon back. */
export class SmallCache<Made extends object> {
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

/** The same text, flattened by V8. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
