import { inspect } from 'node:util';

const mask = '***';

/** A secret text. It appears as `***` in JSON, templates, logs and the console. */
export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for code that must send it on. */
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
