import { inspect } from 'node:util';

const mask = '***';

/** A text that must not get out: it shows itself as `***` to JSON, templates, logs and the console. */
export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for those who have to send it on. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return mask;
  }
  toJSON(): string {
    return mask;
  }
  [Symbol.toPrimitive](): string {
    return mask;
  }
  [inspect.custom](): string {
    return mask;
  }
}
