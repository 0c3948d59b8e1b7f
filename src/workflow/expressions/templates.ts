import { Evaluator } from './evaluator.ts';

/** A text that is an expression as a whole. */
const whole = /^\s*\{%([\s\S]*)%\}\s*$/;

/** The expression of a text `{% ... %}`; `null`: it is a text. */
export function expressionOf(value: unknown): string | null {
  return typeof value === 'string' ? (whole.exec(value)?.[1]?.trim() ?? null) : null;
}

/** The expressions within a JSON value, with their places as JSON Pointers. */
export function expressionsOf(
  value: unknown,
  place = '',
): { readonly place: string; readonly text: string }[] {
  const text = expressionOf(value);
  if (text !== null) return [{ place, text }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    expressionsOf(inner, `${place}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** A path of names. It is followed without the thread unless it leads through a list, of which JSONata takes every item. */
const simplePath = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
const words = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);

/** Evaluates JSON values with expressions. */
export class Expressions {
  readonly #evaluator: Evaluator;

  constructor(limitMs?: number) {
    this.#evaluator = new Evaluator(limitMs);
  }

  /** Resolves with the value in which each expression is replaced by its result. */
  async evaluate(template: unknown, scope: object): Promise<unknown> {
    const wanted: string[] = [];
    const known = new Map<string, unknown>();
    for (const { text } of expressionsOf(template)) {
      if (known.has(text) || wanted.includes(text)) continue;
      const found = simplePath.test(text) ? follow(scope, text.split('.')) : unknown;
      if (found === unknown) wanted.push(text);
      else known.set(text, found);
    }
    if (wanted.length > 0) {
      const values = await this.#evaluator.evaluate(wanted, scope);
      for (const [index, text] of wanted.entries()) known.set(text, values[index]);
    }
    return filled(template, known);
  }

  close(): Promise<void> {
    return this.#evaluator.close();
  }
}

const unknown = Symbol('unknown');

/** The value at a path; `unknown`: JSONata has to say. */
function follow(scope: object, names: readonly string[]): unknown {
  let value: unknown = scope;
  for (const name of names) {
    if (words.has(name) || typeof value !== 'object' || value === null || Array.isArray(value))
      return unknown;
    if (!Object.hasOwn(value, name)) return unknown;
    value = (value as Record<string, unknown>)[name];
  }
  return Array.isArray(value) ? unknown : (value ?? null);
}

function filled(template: unknown, values: ReadonlyMap<string, unknown>): unknown {
  const text = expressionOf(template);
  if (text !== null) return values.get(text);
  if (Array.isArray(template)) return template.map((inner) => filled(inner, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, inner]) => [name, filled(inner, values)]));
}
